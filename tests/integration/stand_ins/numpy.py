"""What compare.py uses of numpy: array().any()."""


class array(list):  # pylint: disable=invalid-name
    def any(self):
        return any(self)
