"""Ad platforms and publishers over HTTP, each speaking its platform's own API."""
