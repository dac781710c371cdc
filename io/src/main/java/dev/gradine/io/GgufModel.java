package dev.gradine.io;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A language model in a GGUF file, under Hugging Face's names and keys.
///
/// The file's metadata and tensors must agree with each other. A tensor that we have no place for is an error.
final class GgufModel {

    private static final String EMBEDDING = "token_embd.weight";
    private static final String HEAD = "lm_head.weight";

    /// Factors by which rotary frequencies are divided: see `GgufRope`.
    private static final String ROPE_FACTORS = "rope_freqs.weight";

    private final Gguf file;
    private final GgufArchitecture arch;
    private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
    private final int layers;
    private final int heads;
    private final int kvHeads;
    private final int hidden;
    private final int headDim;
    private final Set<String> read = new HashSet<>();

    /// @throws CheckpointException if it is none of the architectures, or a number is missing or absurd
    GgufModel(Gguf file, List<GgufArchitecture> architectures) {
        this.file = file;
        try {
            arch = GgufArchitecture.of(file.metadata(), architectures);
        } catch (IllegalArgumentException e) {
            throw fault(String.valueOf(e.getMessage()));
        }
        for (TensorInfo t : file.tensors()) infos.put(t.name(), t);
        layers = number(key("block_count"));
        heads = number(key("attention.head_count"));
        kvHeads = has(key("attention.head_count_kv")) ? number(key("attention.head_count_kv")) : heads;
        hidden = number(key("embedding_length"));
        headDim = has(key("attention.key_length")) ? number(key("attention.key_length")) : hidden / heads;
        if (headDim < 2 || headDim % 2 != 0)
            throw fault("heads have %d values, expected an even number".formatted(headDim));
        if (has(key("rope.dimension_count")) && number(key("rope.dimension_count")) != headDim) {
            throw fault("%s is %d, expected %d, all values of a head"
                    .formatted(key("rope.dimension_count"), number(key("rope.dimension_count")), headDim));
        }
        if (has(key("attention.value_length")) && number(key("attention.value_length")) != headDim) {
            throw fault(key("attention.value_length")
                    + " is %d, expected %d, as wide as keys".formatted(number(key("attention.value_length")), headDim));
        }
    }

    Gguf file() {
        return file;
    }

    /// Whether rotary frequencies are divided by factors of their own.
    boolean hasRopeFactors() {
        return infos.containsKey(ROPE_FACTORS);
    }

    /// Every tensor of the file under its Hugging Face name.
    Map<String, StoredName> names() {
        Map<String, StoredName> names = new LinkedHashMap<>();
        Set<String> left = new HashSet<>(infos.keySet());
        left.remove(ROPE_FACTORS);
        left.removeIf(name -> name.endsWith(".attn_rot_embd.weight")); // frequencies, which every reader computes
        for (GgufNames.Row row : GgufNames.MODEL) {
            if (left.remove(row.gguf() + ".weight")) {
                names.put(row.hf() + ".weight", change(row, row.gguf() + ".weight", 0));
            }
        }
        requireEmbedding();
        if (TiedHead.isTied(file, EMBEDDING)) names.remove(HEAD);
        // A block takes at least one tensor: a count beyond that is absurd and would only be looped over.
        if (layers > infos.size()) {
            throw fault(key("block_count") + " is %d, but there are %d tensors".formatted(layers, infos.size()));
        }
        List<GgufNames.Row> rows = new ArrayList<>(GgufNames.LAYER);
        if (arch.isMixture()) rows.addAll(GgufNames.EXPERTS);
        for (int i = 0; i < layers; i++) {
            for (GgufNames.Row row : rows) {
                for (String end : List.of(".weight", ".bias")) {
                    String stored = "blk.%d.%s%s".formatted(i, row.gguf(), end);
                    if (left.remove(stored)) names.putAll(placed(hfName(i, row, end), stored, row));
                }
            }
        }
        if (!left.isEmpty()) {
            String first =
                    file.names().stream().filter(left::contains).findFirst().orElse("");
            throw fault("tensor %s: has no place in a %s of %d layers".formatted(first, arch.name(), layers));
        }
        return names;
    }

    /// What one tensor of the file is: a tensor, or one of each expert.
    private Map<String, StoredName> placed(String hf, String stored, GgufNames.Row row) {
        if (!hf.contains("%d")) return Map.of(hf, place(stored, row));
        int experts = number(key(GgufArchitecture.EXPERTS));
        TensorInfo t = infos.get(stored);
        if (t == null || t.shape().size() != 3 || t.shape().getFirst() != experts) {
            throw fault("tensor %s: shape is %s, expected a matrix for each of %d experts"
                    .formatted(stored, t == null ? "missing" : t.shape(), experts));
        }
        Map<String, StoredName> each = new LinkedHashMap<>();
        for (int e = 0; e < experts; e++) each.put(hf.formatted(e), StoredName.of(stored, e));
        return each;
    }

    private String hfName(int layer, GgufNames.Row row, String end) {
        return "model.layers." + layer + "." + arch.moved().getOrDefault(row.gguf(), row.hf()) + end;
    }

    private StoredName change(GgufNames.Row row, String stored, int interleaved) {
        return new StoredName(
                stored, interleaved, arch.normPlusOne() && row.gguf().endsWith("norm"), -1);
    }

    /// Heads whose rows a row of the table interleaves, or 0.
    private int interleaved(GgufNames.Row row) {
        if (!arch.interleaved()) return 0;
        return switch (row.gguf()) {
            case "attn_q" -> heads;
            case "attn_k" -> kvHeads;
            default -> 0;
        };
    }

    private StoredName place(String stored, GgufNames.Row row) {
        int interleaved = interleaved(row);
        TensorInfo t = infos.get(stored);
        long rows = t == null || t.shape().isEmpty() ? 0 : t.shape().getFirst();
        if (interleaved > 0 && rows != (long) interleaved * headDim) {
            throw fault("tensor %s: %d rows, expected %d for %d heads of %d"
                    .formatted(stored, rows, (long) interleaved * headDim, interleaved, headDim));
        }
        return change(row, stored, interleaved);
    }

    /// What the metadata and shapes say.
    ///
    /// @param names of `names()`
    /// @throws CheckpointException names a key that is missing, cannot be used or is not known
    Map<String, Object> config(Map<String, StoredName> names) {
        Map<String, Object> c = new LinkedHashMap<>(arch.config());
        c.put("model_type", arch.modelType());
        c.put("attention_bias", names.containsKey("model.layers.0.self_attn.q_proj.bias"));
        c.put("mlp_bias", names.containsKey("model.layers.0.mlp.gate_proj.bias"));
        c.put("hidden_size", hidden);
        c.put("intermediate_size", number(key("feed_forward_length")));
        c.put("num_hidden_layers", layers);
        c.put("num_attention_heads", heads);
        c.put("num_key_value_heads", kvHeads);
        c.put("head_dim", headDim);
        c.put("vocab_size", vocabulary());
        c.put("max_position_embeddings", positions());
        c.put("rms_norm_eps", real(key("attention.layer_norm_rms_epsilon")));
        c.put("rope_theta", theta());
        Map<String, Object> scaling = GgufRope.scaling(this, theta(), headDim);
        if (!scaling.isEmpty()) c.put("rope_scaling", scaling);
        c.put("tie_word_embeddings", !names.containsKey(HEAD));
        arch.keys().forEach((gguf, hf) -> {
            if (has(key(gguf))) c.put(hf, plain(key(gguf)));
        });
        if (arch.scaledByWidthAt() == layers) c.put("query_pre_attn_scalar", hidden / heads);
        for (String token : List.of("bos", "eos", "padding")) {
            String key = "tokenizer.ggml.%s_token_id".formatted(token);
            if (has(key)) c.put(token.equals("padding") ? "pad_token_id" : token + "_token_id", number(key));
        }
        GgufKeys.requireKnown(file, arch, read);
        return c;
    }

    private double theta() {
        return has(key("rope.freq_base")) ? real(key("rope.freq_base")) : 10000.0;
    }

    /// Longest sequence, tokens.
    int positions() {
        return number(key("context_length"));
    }

    /// Fails unless a rotary scaling of a `config.json` gives the file's own factors.
    void requireSameFactors(Map<String, Object> scaling) {
        GgufRope.requireSame(this, scaling, theta(), headDim);
    }

    /// The table's rows: `llama.vocab_size` is missing in older files.
    private int vocabulary() {
        return Math.toIntExact(requireEmbedding());
    }

    private long requireEmbedding() {
        TensorInfo t = infos.get(EMBEDDING);
        if (t == null) throw fault("no tensor " + EMBEDDING);
        List<Long> shape = t.shape();
        if (shape.size() != 2 || shape.get(1) != hidden || shape.get(0) > Integer.MAX_VALUE) {
            throw fault("tensor %s: shape is %s, expected rows of %d".formatted(EMBEDDING, shape, hidden));
        }
        return shape.get(0);
    }

    /// The architecture's own key.
    String key(String name) {
        return arch.name() + "." + name;
    }

    /// A number as it is: whole, or the shortest decimal.
    private Object plain(String key) {
        Object value = value(key);
        if (value instanceof Float || value instanceof Double) return real(key);
        return number(key);
    }

    boolean has(String key) {
        return value(key) != null;
    }

    @Nullable
    Object value(String key) {
        read.add(key);
        return file.metadata().get(key);
    }

    boolean isZero(String key) {
        return value(key) instanceof Number n && n.doubleValue() == 0;
    }

    private int number(String key) {
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

    CheckpointException fault(String what) {
        return new CheckpointException(file.path(), what);
    }
}
