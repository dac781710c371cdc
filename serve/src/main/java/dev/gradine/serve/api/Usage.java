package dev.gradine.serve.api;

import dev.gradine.serve.http.JsonMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tokens of a request.
///
/// @param prompt those of the prompts
/// @param cached those of them that had been read for an earlier request
/// @param completion those that were written, without ends
record Usage(int prompt, int cached, int completion) {

    /// As streams have it.
    Map<String, @Nullable Object> plain() {
        return JsonMap.of(
                "prompt_tokens", prompt, "completion_tokens", completion, "total_tokens", prompt + completion);
    }

    /// As whole answers have it.
    Map<String, @Nullable Object> detailed() {
        var all = plain();
        all.put("prompt_tokens_details", JsonMap.of("cached_tokens", cached));
        return all;
    }
}
