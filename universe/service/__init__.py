"""The universe served: tables whose seats are taken over HTTP or the Model Context Protocol."""
