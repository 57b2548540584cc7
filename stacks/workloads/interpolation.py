"""Text that is meant as it stands, in a file that Terraform reads."""


def escape_interpolation(text: str) -> str:
    """Return `text` for Terraform with `${...}` and `%{...}` escaped.

    https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
    """
    return text.replace("${", "$${").replace("%{", "%%{")
