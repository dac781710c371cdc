package dev.gradine.export;

import dev.gradine.io.GgufWholes;
import dev.gradine.nn.ModelConfig;
import java.util.List;

/// Whole numbers of a configuration; `a.b` is key b of object a.
record ConfigWholes(ModelConfig config) implements GgufWholes {

    @Override
    public boolean has(String key) {
        return of(config, key).has(last(key));
    }

    @Override
    public int of(String key) {
        return of(config, key).positive(last(key));
    }

    @Override
    public List<Integer> all(String key) {
        return of(config, key).wholes(last(key));
    }

    private static ModelConfig of(ModelConfig c, String key) {
        int dot = key.indexOf('.');
        return dot < 0 ? c : c.object(key.substring(0, dot));
    }

    private static String last(String key) {
        return key.substring(key.indexOf('.') + 1);
    }
}
