"""Text that is meant as it stands, in a file that Terraform reads."""


def escape_interpolation(text: str) -> str:
    """`text` for Terraform: what looks like `${...}` or `%{...}` in it stays what it is.

    https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
    """
    return text.replace("${", "$${").replace("%{", "%%{")
