package dev.gradine.serve.api;

import dev.gradine.data.jinja.None;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Values of JSON as chat templates take them: whole numbers are long, null is `None`.
final class PlainValues {

    private PlainValues() {}

    static Object of(@Nullable Object value) {
        return switch (value) {
            case null -> None.NONE;
            case Map<?, ?> m -> {
                Map<String, Object> out = new LinkedHashMap<>();
                m.forEach((k, v) -> out.put(String.valueOf(k), of(v)));
                yield out;
            }
            case List<?> l -> {
                List<Object> out = new ArrayList<>();
                for (Object v : l) out.add(of(v));
                yield out;
            }
            case Integer i -> i.longValue();
            case BigInteger b -> b.doubleValue();
            default -> value;
        };
    }
}
