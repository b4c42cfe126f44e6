// Prints the example result, so that a test can hold it against the schema.
#include <iostream>

#include "example.hpp"
#include "result/json.hpp"

int main() { std::cout << asyncbench::result::serialize(asyncbench::result::example_result()); }
