"""The endpoints as tools of an MCP server, as other programs understand them.

Gradio's own server describes lists of files in a way that no client can resolve, answers as Python
prints values, and keeps a copy of every file. This relies on private parts of it; what on, the
tests say.
"""

import json
from typing import Any

from gradio import mcp

from fer.ui.server import uploads

A_FILE = {"type": "string", "format": "data:…;base64,… address"}


class Tools(mcp.GradioMCPServer):
    """Files come in as `data:` addresses, answers go out as JSON."""

    _file_data_tool_description = ""  # it speaks of another tool, to upload with

    def get_input_schema(
        self, tool_name: str, parameters: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], list[list[str | int]]]:
        """What a tool takes, with its description, and which inputs are files."""
        schema, places = super().get_input_schema(tool_name, parameters)
        files = sorted({str(place[0]) for place in places})
        for name in files:
            given = schema["properties"][name]
            several = {"type": "array", "items": A_FILE}
            described = {"description": given.get("description", "")}
            schema["properties"][name] = (
                several if given["type"] == "array" else A_FILE
            ) | described
        return schema, [[name] for name in files]

    def convert_strings_to_filedata(
        self, value: dict[str, Any], filedata_positions: list[list[str | int]]
    ) -> dict[str, Any]:
        """The inputs of a call with its files in their place on the server."""
        files = {str(name) for (name,) in filedata_positions}
        return {
            name: _kept(given, name) if name in files else given for name, given in value.items()
        }

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        """The answer as JSON."""
        return [
            self.types.TextContent(type="text", text=json.dumps(one, ensure_ascii=False))
            for one in data
        ]

    def _get_or_create_client(self) -> Any:
        client = super()._get_or_create_client()
        for endpoint in client.endpoints.values():
            endpoint.process_input_files = _nothing_to_send
        return client


def _kept(given: Any, name: str) -> Any:
    if isinstance(given, list):
        return [_kept(one, f"{name}-{number}") for number, one in enumerate(given, 1)]
    return uploads.keep(given, name)


def _nothing_to_send(*inputs: Any) -> tuple[Any, ...]:
    """The files are here already."""
    return inputs
