import pytest

# Failures of helpers are explained as those of tests are.
pytest.register_assert_rewrite("tests.support")
