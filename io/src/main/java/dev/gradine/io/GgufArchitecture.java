package dev.gradine.io;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How the models of one architecture lie in GGUF files, as far as it differs from what all have in common: see
/// `GgufNames` for the names of tensors, `GgufModel` for the keys.
///
/// @param name value of `general.architecture`
/// @param modelType Hugging Face's `model_type`
/// @param interleaved whether rows of q and k were interleaved on the way: see `RotaryRows`
/// @param normPlusOne whether 1 was added to the weights of norms on the way
/// @param moved names within a layer that differ from the table's: GGUF's to Hugging Face's
/// @param config keys and values of Hugging Face's configuration that every file of this architecture means
/// @param scaledByWidthAt layers of the one size whose scores are divided by √(C/H) rather than √D; 0 for none
/// @param keys metadata keys, without the architecture, that a file may have: GGUF's to Hugging Face's
public record GgufArchitecture(
        String name,
        String modelType,
        boolean interleaved,
        boolean normPlusOne,
        Map<String, String> moved,
        Map<String, Object> config,
        int scaledByWidthAt,
        Map<String, String> keys) {

    /// The key of the number of experts, behind the architecture's name.
    static final String EXPERTS = "expert_count";

    /// An architecture whose files hold what Hugging Face's hold, under GGUF's names.
    public static GgufArchitecture of(String name, String modelType) {
        return new GgufArchitecture(name, modelType, false, false, Map.of(), Map.of(), 0, Map.of());
    }

    /// Rows of q and k were interleaved on the way.
    public GgufArchitecture withInterleavedRows() {
        return new GgufArchitecture(name, modelType, true, normPlusOne, moved, config, scaledByWidthAt, keys);
    }

    /// 1 was added to the weights of norms on the way.
    public GgufArchitecture withNormPlusOne() {
        return new GgufArchitecture(name, modelType, interleaved, true, moved, config, scaledByWidthAt, keys);
    }

    /// A tensor of a layer that stands for another one than the table says.
    public GgufArchitecture moving(String gguf, String hf) {
        return new GgufArchitecture(
                name, modelType, interleaved, normPlusOne, and(moved, gguf, hf), config, scaledByWidthAt, keys);
    }

    /// A key of the configuration that every file of this architecture means.
    public GgufArchitecture meaning(String key, Object value) {
        return new GgufArchitecture(
                name, modelType, interleaved, normPlusOne, moved, and(config, key, value), scaledByWidthAt, keys);
    }

    /// A key of the metadata that a file may have, behind the architecture's name.
    public GgufArchitecture reading(String gguf, String hf) {
        return new GgufArchitecture(
                name, modelType, interleaved, normPlusOne, moved, config, scaledByWidthAt, and(keys, gguf, hf));
    }

    /// Scores of the model of that many layers are divided by √(C/H).
    public GgufArchitecture scaledByWidthAt(int layers) {
        return new GgufArchitecture(name, modelType, interleaved, normPlusOne, moved, config, layers, keys);
    }

    private static <T> Map<String, T> and(Map<String, T> map, String key, T value) {
        Map<String, T> more = new LinkedHashMap<>(map);
        more.put(key, value);
        return more;
    }

    /// Whether its models have experts.
    public boolean isMixture() {
        return keys.containsKey(EXPERTS);
    }

    /// The one that a file names; of two of a name, that with experts for a file that has some.
    ///
    /// @throws IllegalArgumentException names those there are
    static GgufArchitecture of(Map<String, Object> metadata, List<GgufArchitecture> all) {
        @Nullable Object name = metadata.get("general.architecture");
        boolean mixture = metadata.get(name + "." + EXPERTS) instanceof Number n && n.longValue() > 0;
        return all.stream()
                .filter(a -> a.name.equals(name))
                .min(Comparator.comparing(a -> a.isMixture() != mixture))
                .orElseThrow(() -> new IllegalArgumentException("general.architecture is %s, expected %s"
                        .formatted(
                                Shown.of(name),
                                String.join(
                                        " or ",
                                        all.stream()
                                                .map(GgufArchitecture::name)
                                                .distinct()
                                                .toList()))));
    }
}
