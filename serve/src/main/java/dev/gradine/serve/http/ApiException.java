package dev.gradine.serve.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A request that is not answered with what it asked for.
///
/// ```
/// {"error":{"message":"temperature is 3, expected 0 to 2","type":"invalid_request_error",
///           "param":"temperature","code":"invalid_value"}}
/// ```
///
/// The body is that of the OpenAI API.
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1;
    private static final String REQUEST = "invalid_request_error";

    private final int status;
    private final String type;
    private final String code;
    private final @Nullable String param;

    /// An answer.
    ///
    /// @param type whose fault it is
    /// @param param the field that is at fault, null for none
    public ApiException(int status, String type, String code, @Nullable String param, String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.code = code;
        this.param = param;
    }

    /// A fault of the request.
    public static ApiException request(int status, String code, @Nullable String param, String message) {
        return new ApiException(status, REQUEST, code, param, message);
    }

    /// A field has a value that it cannot have.
    public static ApiException value(String param, String message) {
        return request(400, "invalid_value", param, message);
    }

    /// A field is missing.
    public static ApiException missing(String param, String expected) {
        return request(400, "missing_required_parameter", param, param + " is missing, expected " + expected);
    }

    /// A field asks for what there is not.
    public static ApiException unsupported(String param, String message) {
        return request(400, "unsupported_parameter", param, message);
    }

    /// A fault of the server.
    public static ApiException server(int status, String code, String message) {
        return new ApiException(status, "server_error", code, null, message);
    }

    /// Status of the answer.
    public int status() {
        return status;
    }

    /// Body of the answer, to be written as JSON.
    public Map<String, @Nullable Object> body() {
        return JsonMap.of("error", JsonMap.of("message", getMessage(), "type", type, "param", param, "code", code));
    }
}
