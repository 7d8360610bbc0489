"""What Schemathesis does not know of our API by itself."""

import schemathesis


@schemathesis.serializer("application/wasm")
def bytes_as_they_are(ctx, value):
    """A module is sent as it is; what is generated for one is text or bytes."""
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "surrogatepass")
