package dev.gradine.serve.api;

import dev.gradine.serve.http.ApiException;

/// How an answer is sent.
///
/// @param isOn as it is written, rather than whole
/// @param withUsage whether a last event counts tokens
record Streaming(boolean isOn, boolean withUsage) {

    static Streaming read(Fields f) {
        boolean isOn = f.flag("stream", false);
        if (!f.has("stream_options")) return new Streaming(isOn, false);
        if (!isOn) {
            throw ApiException.value("stream_options", "stream_options is given without stream, expected stream true");
        }
        return new Streaming(true, f.object("stream_options").flag("include_usage", false));
    }
}
