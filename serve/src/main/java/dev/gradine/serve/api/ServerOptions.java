package dev.gradine.serve.api;

import dev.gradine.serve.http.HttpOptions;

/// How a model is served.
///
/// @param http who may ask, and how much
/// @param api what may be asked for
public record ServerOptions(HttpOptions http, ApiOptions api) {

    /// At port 8000 of this machine alone.
    public static ServerOptions defaults() {
        return new ServerOptions(HttpOptions.defaults(), ApiOptions.defaults());
    }
}
