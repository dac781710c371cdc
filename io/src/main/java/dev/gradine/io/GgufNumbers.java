package dev.gradine.io;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Numbers and switches of a GGUF file's metadata, and which keys have been asked for.
final class GgufNumbers implements GgufWholes {

    private final Gguf file;
    private final GgufArchitecture arch;
    private final Set<String> read = new HashSet<>();

    GgufNumbers(Gguf file, GgufArchitecture arch) {
        this.file = file;
        this.arch = arch;
    }

    /// The architecture's own key.
    String key(String name) {
        return arch.name() + "." + name;
    }

    /// Keys that have been asked for.
    Set<String> read() {
        return Collections.unmodifiableSet(read);
    }

    @Nullable
    Object value(String key) {
        read.add(key);
        return file.metadata().get(key);
    }

    @Override
    public boolean has(String name) {
        return value(key(name)) != null;
    }

    @Override
    public int of(String name) {
        return number(key(name));
    }

    @Override
    public List<Integer> all(String name) {
        return switch (value(key(name))) {
            case int[] each -> Arrays.stream(each).boxed().toList();
            case long[] each -> Arrays.stream(each).mapToObj(Math::toIntExact).toList();
            case null, default -> List.of();
        };
    }

    /// The value of a key of the configuration.
    Object of(GgufKey k) {
        String key = key(k.gguf());
        return switch (k.kind()) {
            case SIZE, WHOLE -> isZero(key) ? 0 : number(key);
            case REAL -> real(key);
            case FLAG -> flag(key);
        };
    }

    private boolean flag(String key) {
        if (value(key) instanceof Boolean b) return b;
        throw fault("%s is %s, expected true or false".formatted(key, Shown.of(value(key))));
    }

    boolean isZero(String key) {
        return value(key) instanceof Number n && n.doubleValue() == 0;
    }

    int number(String key) {
        Object value = value(key);
        long n = value instanceof Long l ? l : value instanceof Integer i ? i : -1;
        boolean id = key.endsWith("_token_id");
        if (n < (id ? 0 : 1) || n > Integer.MAX_VALUE) {
            throw fault("%s is %s, expected a whole number from %d".formatted(key, Shown.of(value), id ? 0 : 1));
        }
        return (int) n;
    }

    /// The shortest decimal that reads as the file's f32: 1e-5 rather than 9.999999747378752e-06.
    double real(String key) {
        Object value = value(key);
        boolean real = value instanceof Float || value instanceof Double;
        if (!real || !(value instanceof Number n) || !(n.doubleValue() > 0)) {
            throw fault("%s is %s, expected a number > 0".formatted(key, Shown.of(value)));
        }
        return Double.parseDouble(value.toString());
    }

    private CheckpointException fault(String what) {
        return new CheckpointException(file.path(), what);
    }
}
