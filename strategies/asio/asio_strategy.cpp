#include "asio_strategy.hpp"

#include <boost/asio/version.hpp>
#include <boost/system/system_error.hpp>
#include <boost/version.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench::asio_loop {

std::string library() {
  return "Boost " + std::to_string(BOOST_VERSION / 100000) + "." +
         std::to_string(BOOST_VERSION / 100 % 1000) + ", Asio " +
         std::to_string(BOOST_ASIO_VERSION / 100000) + "." +
         std::to_string(BOOST_ASIO_VERSION / 100 % 1000) + "." +
         std::to_string(BOOST_ASIO_VERSION % 100);
}

namespace {

std::string explain(const std::string& name, const boost::system::system_error& error) {
  std::string text = name + ": " + error.what();
  if (is_resource_shortage(error.code().value())) {
    text += "; raise the limit of open files (ulimit -n) or ask for fewer threads";
  }
  return text;
}

class AsioStrategy final : public Strategy {
 public:
  explicit AsioStrategy(Flavour flavour) : flavour_(std::move(flavour)) {
    StrategyInfo& info = flavour_.info;
    info.library = library();
    info.operations = kAllButExchange;
    info.options.insert(info.options.begin(),
                        {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                         {"concurrency_hint", "UNSAFE_IO"},
                         {"accept", "SO_REUSEPORT, one socket a loop"},
                         {"file_threads_max", std::to_string(FilePool::kThreadsMax)}});
  }

  const StrategyInfo& info() const override { return flavour_.info; }

  Support host_support() const override { return flavour_.probe(); }

  void run(Job& job) override {
    run_explained(info().name, [&] {
      run_lanes(job, [&](unsigned lane) {
        job.lanes[lane].granted = flavour_.granted;
        return Loop(job, lane, flavour_.make_stream);
      });
    });
  }

 private:
  Flavour flavour_;
};

}  // namespace

void run_explained(const std::string& name, const std::function<void()>& run) {
  try {
    run();
  } catch (const StrategyError&) {
    throw;
  } catch (const boost::system::system_error& error) {
    throw StrategyError(explain(name, error));
  } catch (const std::exception& error) {
    throw StrategyError(name + ": " + error.what());
  }
}

std::unique_ptr<Strategy> make_strategy(Flavour flavour) {
  return std::make_unique<AsioStrategy>(std::move(flavour));
}

}  // namespace asyncbench::asio_loop
