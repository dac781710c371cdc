package dev.gradine.export;

import dev.gradine.io.GgufArchitecture;
import dev.gradine.io.GgufDerived;
import dev.gradine.io.GgufHeads;
import dev.gradine.io.GgufKey;
import dev.gradine.io.GgufLayout;
import dev.gradine.io.GgufMixing;
import dev.gradine.io.GgufWholes;
import dev.gradine.io.TensorSource;
import dev.gradine.models.Families;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What a GGUF file says of a model besides its weights and its tokenizer: the keys that llama.cpp computes by, under
/// the names its converter writes. A setting without a key is refused, since llama.cpp would compute something else.
final class GgufHeader {

    private static final double INNER_EPS = 1e-6; // of the norms of latent attention

    private final GgufArchitecture arch;
    private final ModelConfig config;
    private final GgufSizes sizes;
    private final List<Boolean> attends;
    private final GgufRotary rotary;
    private final GgufWindows windows;
    private final List<String> notes = new ArrayList<>();

    /// @param config of the model, under Hugging Face's keys
    GgufHeader(GgufArchitecture arch, ModelConfig config, List<Weight> weights) {
        this.arch = arch;
        this.config = config;
        sizes = GgufSizes.of(arch, config, weights);
        attends = attends(weights);
        windows = new GgufWindows(arch, config);
        requireScoresByWidth();
        requireUsualTurning();
        requireFreeSteps();
        rotary = new GgufRotary(arch, config, sizes.headDim());
    }

    /// Of a model that is open.
    ///
    /// @throws IllegalArgumentException if files of its kind are not written, or it has a setting without a place
    static GgufHeader of(OpenModel model) {
        List<Weight> weights = model.model().weights();
        ModelConfig config = new ModelConfig(model.checkpoint().config());
        return new GgufHeader(architecture(config.text("model_type", ""), weights), config, weights);
    }

    /// How models of this kind lie in GGUF files: of several, the first that has a place for every weight.
    private static GgufArchitecture architecture(String type, List<Weight> weights) {
        List<GgufArchitecture> all = Families.builtIn().gguf();
        List<GgufArchitecture> own =
                all.stream().filter(a -> a.modelType().equals(type)).toList();
        if (own.isEmpty()) {
            String known = all.stream()
                    .map(GgufArchitecture::modelType)
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw new IllegalArgumentException(
                    "gguf: model_type is %s, which we do not write as GGUF, expected one of %s;".formatted(type, known)
                            + " --to safetensors writes it");
        }
        for (GgufArchitecture a : own) {
            GgufLayout layout = new GgufLayout(a);
            if (weights.stream().allMatch(w -> layout.has(name(w)))) return a;
        }
        return own.getFirst();
    }

    /// The tensor of the checkpoint that a weight is, or is a part of.
    static String name(Weight w) {
        Weight.Stack stack = w.stack();
        return stack == null ? w.path() : stack.path();
    }

    /// The names of the file.
    GgufLayout layout() {
        return new GgufLayout(
                arch,
                new GgufHeads(
                        sizes.heads(),
                        sizes.keyHeads(),
                        own("ssm.group_count"),
                        own("ssm.time_step_rank"),
                        own("ssm.state_size"),
                        own("attention.key_length_mla")));
    }

    /// A number that an architecture may have, 0 in others.
    private int own(String gguf) {
        return arch.hf(gguf).isEmpty() ? 0 : config.positive(arch.hf(gguf));
    }

    /// Whether each layer attends, where they are of two kinds.
    private List<Boolean> attends(List<Weight> weights) {
        GgufLayout names = new GgufLayout(arch);
        Set<String> all = new HashSet<>();
        for (Weight w : weights) if (names.has(name(w))) all.add(names.name(name(w)));
        int layers = config.positive(arch.hf("block_count"));
        return arch.mixing().map(m -> m.attends(all, layers)).orElse(List.of());
    }

    /// The keys `general.…` and those of the architecture.
    ///
    /// @param name of the model
    /// @param type of most weights
    /// @throws IllegalArgumentException if the configuration has a setting without a key
    Map<String, Object> metadata(String name, DType type) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("general.architecture", arch.name());
        m.put("general.type", "model");
        m.put("general.name", name);
        m.put("general.quantization_version", 2);
        m.put("general.file_type", fileType(type));
        m.put(key("vocab_size"), sizes.vocab());
        for (GgufKey k : arch.keys()) put(m, k);
        GgufWholes wholes = new ConfigWholes(config);
        for (GgufDerived d : arch.derived()) {
            m.put(key(d.gguf()), d.written().apply(wholes));
            config.ignore(d.hf());
        }
        arch.mixing().filter(x -> !x.isByKeyHeads()).ifPresent(_ -> putKinds(m));
        if (arch.says("attention.key_length")) m.put(key("attention.value_length"), sizes.headDim());
        arch.meanings().stated().forEach((key, value) -> m.put(key(key), value));
        if (arch.positions().turns()) rotary.put(m, key(""));
        if (!arch.yarn().isRounded()) {
            notes.add("llama.cpp rounds the range that yarn blends to whole pairs, which this model does not");
        }
        if (arch.yarn().isOfScores() && config.real("rms_norm_eps", INNER_EPS) != INNER_EPS) {
            notes.add("llama.cpp adds rms_norm_eps to variances within attention, too, where this model adds 1e-6");
        }
        windows.put(m, key(""), notes);
        requirePlaceForAll();
        return m;
    }

    /// Lines about what llama.cpp computes otherwise; to be asked after `metadata`.
    List<String> notes() {
        return notes;
    }

    /// Tensors that stand for keys.
    List<TensorSource> tensors() {
        return arch.positions().turns() ? rotary.tensors() : List.of();
    }

    /// Every so many layers attend, or a switch for each says that it does not.
    private void putKinds(Map<String, Object> m) {
        IntStream.rangeClosed(1, attends.size() + 1)
                .filter(p -> IntStream.range(0, attends.size()).allMatch(l -> attends.get(l) == ((l + 1) % p == 0)))
                .findFirst()
                .ifPresentOrElse(p -> m.put(key(GgufMixing.INTERVAL), p), () -> {
                    boolean[] each = new boolean[attends.size()];
                    for (int l = 0; l < each.length; l++) each[l] = !attends.get(l);
                    m.put(key(GgufMixing.RECURRENT), each);
                });
    }

    private void put(Map<String, Object> m, GgufKey k) {
        if (m.containsKey(key(k.gguf()))) return; // a size with two keys in the configuration
        switch (k.kind()) {
            case SIZE -> {
                config.ignore(k.hf());
                m.put(key(k.gguf()), size(k));
            }
            case WHOLE -> {
                String hf = k.gguf().equals("expert_count") ? experts(k.hf()) : k.hf();
                if (config.has(hf)) m.put(key(k.gguf()), config.whole(hf, 0));
            }
            case REAL -> {
                boolean isUsual = !Double.isNaN(k.otherwise());
                if (isUsual && config.says(k.hf()) && !config.has(k.hf())) throw without(arch, k.hf() + " null");
                if (isUsual || config.has(k.hf())) m.put(key(k.gguf()), (float) config.real(k.hf(), k.otherwise()));
            }
            case FLAG -> m.put(key(k.gguf()), config.flag(k.hf(), k.otherwise() == 1));
        }
    }

    /// The key of the number of experts, of which transformers 5 writes two, and older files one or the other.
    private String experts(String usual) {
        config.ignore("num_experts", "num_local_experts", "n_routed_experts");
        return config.has(usual) ? usual : "num_local_experts";
    }

    private Object size(GgufKey k) {
        return switch (k.gguf()) {
            case "embedding_length" -> sizes.hidden();
            case "feed_forward_length" -> sizes.inner();
            case "attention.head_count" -> sizes.heads();
            case "attention.head_count_kv" -> keyHeads();
            case "attention.key_length" -> sizes.headDim();
            case "context_length" -> config.positive(k.hf(), (int) k.otherwise());
            default -> config.positive(k.hf());
        };
    }

    /// 0 in layers that do not attend, where that tells them.
    private Object keyHeads() {
        if (arch.mixing().filter(GgufMixing::isByKeyHeads).isEmpty()) return sizes.keyHeads();
        return attends.stream().mapToInt(a -> a ? sizes.keyHeads() : 0).toArray();
    }

    /// Scores of Gemma are divided by the root of a key's width, but of the model of one depth by that of C/H.
    private void requireScoresByWidth() {
        if (arch.keys().stream().noneMatch(k -> k.hf().equals("query_pre_attn_scalar"))) return;
        int scalar = config.positive("query_pre_attn_scalar", 256);
        boolean isLargest = arch.scaledByWidthAt() == config.positive("num_hidden_layers");
        int expected = isLargest ? sizes.hidden() / sizes.heads() : sizes.headDim();
        if (scalar != expected) {
            throw without(arch, "query_pre_attn_scalar %d beside heads of %d".formatted(scalar, sizes.headDim()));
        }
    }

    /// Which layers have no position embedding is not in the file.
    private void requireUsualTurning() {
        int every = arch.positions().unturned();
        if (every == 0) return;
        List<Integer> own = config.wholes("no_rope_layers");
        List<Integer> usual = IntStream.range(0, config.positive("num_hidden_layers"))
                .mapToObj(l -> (l + 1) % every == 0 ? 0 : 1)
                .toList();
        if (own.isEmpty() ? config.positive("no_rope_layer_interval", every) != every : !own.equals(usual)) {
            throw without(arch, "this order of layers without rope");
        }
        for (int l = 0; l < usual.size(); l++) requireChunk(l, usual.get(l) == 1);
        config.ignore("no_rope_layer_interval");
    }

    /// Layers without position embedding see all.
    private void requireChunk(int layer, boolean turns) {
        List<String> types = config.texts("layer_types");
        boolean isChunk = !types.isEmpty() && types.get(layer).equals("chunked_attention");
        if (types.contains("chunked_attention") && isChunk != turns) {
            throw without(arch, "this order of layers with chunks");
        }
    }

    /// Steps of a state space are not kept within limits.
    private void requireFreeSteps() {
        double[] limits = config.range("time_step_limit", 0, Double.POSITIVE_INFINITY);
        if (limits[0] > 0 || limits[1] < Double.POSITIVE_INFINITY) throw without(arch, "time_step_limit");
    }

    /// Every key that changes what is computed is one of the file's, or means what each file of its kind means.
    private void requirePlaceForAll() {
        String type = config.text("model_type", "");
        config.ignore("vocab_size", "tie_word_embeddings", "quantization_config", "num_nextn_predict_layers");
        if (arch.mixing().isPresent()) config.ignore("layer_types", "full_attn_idxs", GgufMixing.INTERVAL);
        arch.meanings().told().values().forEach(config::ignore);
        arch.meanings().meant().keySet().forEach(config::ignore);
        arch.meanings().fixed().forEach((key, value) -> {
            requireMeant(key, value, !value.equals(true)); // a switch that is not there is off
        });
        arch.meanings().usual().forEach((key, value) -> requireMeant(key, value, true));
        List<String> left = config.unread(key -> Families.builtIn().isWithoutEffect(type, key));
        if (!left.isEmpty()) throw without(arch, left.getFirst());
    }

    private void requireMeant(String key, Object value, boolean isMeantByNone) {
        boolean isMissing = isMeantByNone && !config.has(key);
        if (!isMissing && !config.is(key, value)) throw without(arch, key + " other than " + value);
    }

    /// What is said of something that a file has no place for.
    static IllegalArgumentException without(GgufArchitecture arch, String what) {
        return new IllegalArgumentException(
                "gguf: %s has no place in a file of architecture %s; --to safetensors keeps it"
                        .formatted(what, arch.name()));
    }

    private String key(String name) {
        return arch.name() + "." + name;
    }

    /// llama.cpp's number for a file whose weights are mostly of this type.
    private static int fileType(DType type) {
        return switch (type) {
            case F16 -> 1;
            case Q4_0 -> 2;
            case Q4_1 -> 3;
            case Q8_0 -> 7;
            case BF16 -> 32;
            default -> 0;
        };
    }
}
