package dev.gradine.cli;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Gguf;
import dev.gradine.io.Json;
import dev.gradine.io.TensorInfo;
import dev.gradine.io.WeightFile;
import dev.gradine.models.Families;
import dev.gradine.models.Models;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a model is, told from its configuration, its tokenizer and its table of contents; no weight is read.
///
/// A model that cannot be opened is described as far as its files tell, with what is wrong with it.
final class ModelInspection {

    private static final int LONGEST = 100;

    /// Keys of GGUF behind the architecture's name, and what they are called in `config.json`.
    private static final Map<String, String> GGUF = Map.of(
            "block_count", "num_hidden_layers",
            "embedding_length", "hidden_size",
            "feed_forward_length", "intermediate_size",
            "attention.head_count", "num_attention_heads",
            "attention.head_count_kv", "num_key_value_heads",
            "attention.key_length", "head_dim",
            "context_length", "max_position_embeddings",
            "vocab_size", "vocab_size");

    private final List<String> lines = new ArrayList<>();

    private ModelInspection() {}

    /// A line for each thing.
    ///
    /// @param file its weights
    static List<String> of(WeightFile file) {
        ModelInspection all = new ModelInspection();
        try (Arena arena = Arena.ofConfined()) {
            try {
                Checkpoint c = Checkpoint.open(file.path(), Families.builtIn().gguf(), arena);
                all.describe(c.config());
                all.weights(file);
                all.text(c);
            } catch (CheckpointException e) {
                all.describe(unopened(file));
                all.weights(file);
                all.add("cannot be used", String.valueOf(e.getMessage()));
            }
        }
        return all.lines;
    }

    private void add(String what, String text) {
        lines.add("%-15s%s".formatted(what, text));
    }

    /// The configuration of a model of no family of ours, as far as there is one.
    private static Map<String, Object> unopened(WeightFile file) {
        if (file instanceof Gguf g) return unopened(g.metadata());
        Path config = file.path().resolveSibling("config.json");
        try {
            return Files.isRegularFile(config) ? Json.readObject(config) : Map.of();
        } catch (CheckpointException e) {
            return Map.of();
        }
    }

    private static Map<String, Object> unopened(Map<String, Object> metadata) {
        Map<String, Object> config = new LinkedHashMap<>();
        String architecture = String.valueOf(metadata.getOrDefault("general.architecture", ""));
        config.put("model_type", architecture);
        GGUF.forEach((theirs, name) -> {
            Object value = metadata.get(architecture + "." + theirs);
            if (value != null) config.put(name, value);
        });
        return config;
    }

    private void describe(Map<String, Object> whole) {
        Map<String, Object> config = new LinkedHashMap<>(whole);
        if (whole.get("text_config") instanceof Map<?, ?> text) {
            text.forEach((k, v) -> config.putIfAbsent(String.valueOf(k), v));
        }
        add("architecture", architecture(config));
        add("layers", told(config, "num_hidden_layers", "n_layer", "num_layers"));
        String forward = told(config, "intermediate_size", "n_inner", "ffn_dim");
        add("hidden size", told(config, "hidden_size", "n_embd", "d_model") + ", feed-forward " + forward);
        add("heads", heads(config));
        add("context", told(config, "max_position_embeddings", "n_positions", "n_ctx") + " tokens");
        boolean tied = Boolean.TRUE.equals(config.get("tie_word_embeddings"));
        add("vocabulary", told(config, "vocab_size") + " tokens" + (tied ? ", the head is the embedding" : ""));
        if (config.get("quantization_config") instanceof Map<?, ?> q) {
            add("quantised", "by " + cut(String.valueOf(q.get("quant_method"))));
        }
    }

    private static String architecture(Map<String, Object> config) {
        String type = told(config, "model_type");
        List<?> classes = config.get("architectures") instanceof List<?> l ? l : List.of();
        String names = classes.stream().map(String::valueOf).collect(Collectors.joining(", "));
        TreeSet<String> known = new TreeSet<>();
        Families.builtIn().all().forEach(f -> known.addAll(f.modelTypes()));
        return type
                + (names.isEmpty() ? "" : " (" + cut(names) + ")")
                + (known.contains(type) ? "" : ", which is none of " + String.join(", ", known));
    }

    private static String heads(Map<String, Object> config) {
        String heads = told(config, "num_attention_heads", "n_head");
        Object keys = config.get("num_key_value_heads");
        Object size = config.get("head_dim");
        return heads
                + (keys instanceof Number ? ", of keys and values " + keys : "")
                + (size instanceof Number ? ", of " + size + " values each" : "");
    }

    /// The value of the first key that has one.
    private static String told(Map<String, Object> config, String... keys) {
        for (String key : keys) {
            @Nullable Object value = config.get(key);
            if (value instanceof Number || value instanceof String) return cut(String.valueOf(value));
        }
        return "not told";
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + " …";
    }

    private void weights(WeightFile file) {
        Map<String, List<TensorInfo>> byType = file.tensors().stream()
                .collect(Collectors.groupingBy(TensorInfo::dtype, TreeMap::new, Collectors.toList()));
        byType.forEach((type, tensors) -> add(
                "weights",
                "%s: %,d tensors, %,d values, %,d bytes"
                        .formatted(
                                type,
                                tensors.size(),
                                tensors.stream().mapToLong(TensorInfo::values).sum(),
                                tensors.stream().mapToLong(TensorInfo::bytes).sum())));
    }

    private void text(Checkpoint c) {
        if (!Models.hasTokenizer(c)) {
            add("tokenizer", "none");
            return;
        }
        TextCodec codec;
        try {
            codec = Models.codec(c);
        } catch (IllegalArgumentException e) {
            add("tokenizer", "cannot be used: " + e.getMessage());
            return;
        }
        add("tokenizer", tokens(codec.tokenizer()));
        add("chat template", Models.hasTemplate(c) ? sample(codec) : "none");
    }

    private static String tokens(Tokenizer t) {
        return "%,d tokens".formatted(t.vocabSize())
                + (t.hasBos() ? ", bos " + named(t, t.bos()) : "")
                + (t.hasEos() ? ", eos " + named(t, t.eos()) : "")
                + (t.hasPad() ? ", pad " + named(t, t.pad()) : "");
    }

    private static String named(Tokenizer t, int id) {
        return id >= 0 && id < t.vocabSize() ? "%s (%d)".formatted(cut(t.token(id)), id) : String.valueOf(id);
    }

    /// How the template shows one question.
    private static String sample(TextCodec codec) {
        try {
            String text = codec.render(List.of(new Message("user", "Hello")), Map.of(), true)
                    .text();
            return "\"Hello\" becomes " + cut("\"" + text.replace("\n", "\\n") + "\"");
        } catch (IllegalArgumentException e) {
            return "cannot be used: " + e.getMessage();
        }
    }
}
