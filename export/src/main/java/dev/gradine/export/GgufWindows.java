package dev.gradine.export;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.nn.ModelConfig;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Sliding windows as a GGUF file tells them: their width is a key, which layers have them a rule of llama.cpp or a
/// period.
final class GgufWindows {

    private static final String WIDTH = "sliding_window";
    private static final String SLIDING = "sliding_attention";
    private static final String FULL = "full_attention";
    private static final int WINDOW = 4096; // keys, where a family has windows and does not say how wide

    private final GgufArchitecture arch;
    private final ModelConfig config;

    GgufWindows(GgufArchitecture arch, ModelConfig config) {
        this.arch = arch;
        this.config = config;
        if (config.flag("use_sliding_window", false)) throw GgufHeader.without(arch, "use_sliding_window");
        config.ignore("max_window_layers");
        if (arch.positions().period() < 0) requireNone();
        else if (isOn() && arch.positions().period() == 0 && every() != usual()) {
            throw GgufHeader.without(arch, "this order of layers with windows");
        }
    }

    private boolean isOn() {
        boolean isOff = config.says(WIDTH) && !config.has(WIDTH);
        return arch.positions().period() == 0 ? config.has(WIDTH) : !isOff;
    }

    /// What `sliding_window` says has no effect where windows are a switch that is off.
    private void requireNone() {
        if (config.says("use_sliding_window")) config.ignore(WIDTH);
        if (config.texts("layer_types").contains(SLIDING)) throw GgufHeader.without(arch, "layer_types with windows");
    }

    /// Every so many layers see all, by the configuration.
    ///
    /// @throws IllegalArgumentException if they do not follow each other so
    private int every() {
        int said = config.positive("sliding_window_pattern", config.positive("_sliding_window_pattern", usual()));
        List<String> own = config.texts("layer_types");
        if (own.isEmpty()) return said;
        return IntStream.rangeClosed(1, own.size() + 1)
                .filter(p -> own.equals(layers(own.size(), p)))
                .boxed()
                .min(Comparator.comparing(p -> p != usual()))
                .orElseThrow(() -> GgufHeader.without(arch, "this order of layers with windows"));
    }

    /// By llama.cpp's rule; where no layer sees all, so many that none does.
    private int usual() {
        return arch.positions().period() > 0 ? arch.positions().period() : config.positive("num_hidden_layers") + 1;
    }

    private static List<String> layers(int count, int every) {
        return IntStream.range(0, count)
                .mapToObj(l -> (l + 1) % every != 0 ? SLIDING : FULL)
                .toList();
    }

    /// Adds the keys and, where llama.cpp takes no notice of them, a line.
    ///
    /// @param prefix of all keys
    void put(Map<String, Object> m, String prefix, List<String> notes) {
        if (arch.positions().period() < 0) return;
        if (!isOn() && arch.mark().equals("attention.sliding_window")) return; // it would be another architecture
        int none = arch.positions().period() == 0 ? 0 : config.positive("max_position_embeddings", 2048);
        m.put(prefix + "attention.sliding_window", isOn() ? config.positive(WIDTH, WINDOW) : none);
        if (isOn() && every() != usual()) m.put(prefix + "attention.sliding_window_pattern", every());
        if (arch.positions().isWindowSeen() || !isOn()) return;
        notes.add("llama.cpp sees all keys in models of architecture %s, not the last %d as this one does"
                .formatted(arch.name(), config.positive(WIDTH)));
    }
}
