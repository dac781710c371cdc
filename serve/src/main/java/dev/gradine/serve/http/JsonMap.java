package dev.gradine.serve.http;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Objects of JSON with their keys in the order in which they are written down.
public final class JsonMap {

    private JsonMap() {}

    /// An object that may be added to.
    ///
    /// @param all a key, its value, the next key, …
    public static Map<String, @Nullable Object> of(@Nullable Object... all) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < all.length; i += 2) map.put(String.valueOf(all[i]), all[i + 1]);
        return map;
    }
}
