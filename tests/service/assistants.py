"""An assistant that plays by the tools: the SDK's own client, and nothing that knows the service."""

from typing import Any

from mcp import Client


class Assistant:
    """Calls tools; what is refused is an `AssertionError` unless it is expected."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Returns the structured answer of a tool."""
        result = await self._client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        return result.structured_content

    async def fail(self, tool: str, **arguments: object) -> str:
        """Returns what is said where a tool refuses."""
        result = await self._client.call_tool(tool, arguments)
        assert result.is_error
        [content] = result.content
        return content.text  # pyright: ignore

    async def play(self, joined: dict[str, Any]) -> dict[str, Any]:
        """Plays the first choice of every field until it is over; returns the last view."""
        view, ticket = joined["view"], joined["ticket"]
        while view["state"] != "over":
            if view["state"] == "waiting":
                view = await self.call("look", ticket=ticket)
                continue
            answer = {field: values[0] for field, values in view["choices"].items()}
            view = (await self.call("act", ticket=ticket, answer=answer))["view"]
        return view
