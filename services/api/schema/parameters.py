"""Check of the query of a request: an operation takes the parameters of the OpenAPI document, and no others."""

from starlette.requests import HTTPConnection

from services.api.schema.problems import UnprocessableError


async def refuse_unknown_parameters(connection: HTTPConnection) -> None:
    """Raise UnprocessableError if the query has a parameter that the operation does not take.

    A misspelt filter would otherwise return a list without the filter.
    """
    if connection.scope["type"] != "http" or not connection.query_params:
        return
    path, method = connection.scope["route"].path_format, connection.scope["method"].lower()
    operation = connection.app.openapi()["paths"][path][method]
    known = sorted(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")
    for name, value in connection.query_params.items():
        if name not in known:
            taken = f"the operation takes {', '.join(known)}" if known else "the operation takes none"
            raise UnprocessableError(f"query.{name[:100]}", f"is no parameter; {taken}", value=value)
