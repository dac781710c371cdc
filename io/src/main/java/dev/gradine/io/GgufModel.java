package dev.gradine.io;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A language model in a GGUF file, under Hugging Face's names and keys.
///
/// The file's metadata and tensors must agree with each other. A tensor that we have no place for is an error.
final class GgufModel {

    private static final String EMBEDDING = "token_embd.weight";

    /// Factors by which rotary frequencies are divided: see `GgufRope`.
    private static final List<String> ROPE_FACTORS =
            List.of(GgufLayout.ROPE_FACTORS, GgufLayout.LONG_FACTORS, GgufLayout.SHORT_FACTORS);

    private final Gguf file;
    private final GgufArchitecture arch;
    private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
    private final int layers;
    private final GgufHeads heads;
    private final int hidden;
    private final int headDim;
    private final GgufNumbers numbers;

    /// @throws CheckpointException if it is none of the architectures, or a number is missing or absurd
    GgufModel(Gguf file, List<GgufArchitecture> architectures) {
        this.file = file;
        arch = named(architectures);
        numbers = new GgufNumbers(file, arch);
        for (TensorInfo t : file.tensors()) infos.put(t.name(), t);
        layers = number(key(GgufKey.LAYERS)) - predicting();
        if (layers < 1) throw fault("%s is %s, expected more".formatted(key(GgufKey.LAYERS), layers + predicting()));
        hidden = number(key(GgufKey.HIDDEN));
        int queries = arch.says(GgufKey.HEADS) ? number(key(GgufKey.HEADS)) : 0;
        int keys = arch.says(GgufKey.KEY_HEADS) ? keyHeads(queries) : queries;
        heads = new GgufHeads(
                queries, keys, own("ssm.group_count"), own("ssm.time_step_rank"), own("ssm.state_size"), 0);
        headDim = queries == 0 ? 0 : headDim(queries);
        if (queries > 0) requireTurning();
    }

    /// A number of a recurrence, 0 in an architecture without one.
    private int own(String gguf) {
        return arch.hf(gguf).isEmpty() ? 0 : number(key(gguf));
    }

    /// Where layers of two kinds differ by it, that of those that attend.
    private int keyHeads(int queries) {
        String key = key(GgufKey.KEY_HEADS);
        boolean isByLayer = arch.mixing().filter(GgufMixing::isByKeyHeads).isPresent();
        List<Integer> each = isByLayer ? numbers.all(GgufKey.KEY_HEADS) : List.of();
        int keys = each.stream().max(Comparator.naturalOrder()).orElseGet(() -> number(key, queries));
        if (keys > 0 && queries % keys == 0) return keys;
        throw fault("%s is %d, expected a divisor of the %d heads".formatted(key, keys, queries));
    }

    private int headDim(int queries) {
        boolean isUsual = arch.says(GgufKey.KEY_WIDTH);
        int dim = isUsual ? number(key(GgufKey.KEY_WIDTH), hidden / queries) : number(key("rope.dimension_count"));
        if (dim < 2 || dim % 2 != 0) throw fault("heads have %d values, expected an even number".formatted(dim));
        String width = key("attention.value_length");
        if (isUsual && number(width, dim) != dim) {
            throw fault("%s is %d, expected %d, as wide as keys".formatted(width, number(width), dim));
        }
        return dim;
    }

    /// The one that the file names; of two of a name, that whose mark the file has.
    private GgufArchitecture named(List<GgufArchitecture> all) {
        Object name = file.metadata().get("general.architecture");
        return all.stream()
                .filter(a -> a.name().equals(name))
                .min(Comparator.comparingInt(a -> a.mark().isEmpty() ? 1 : isMarked(a) ? 0 : 2))
                .orElseThrow(() -> fault("general.architecture is %s, expected %s"
                        .formatted(
                                Shown.of(name),
                                all.stream()
                                        .map(GgufArchitecture::name)
                                        .distinct()
                                        .collect(Collectors.joining(" or ")))));
    }

    private boolean isMarked(GgufArchitecture a) {
        Object value = file.metadata().get(a.name() + "." + a.mark());
        if (value instanceof Number n) return n.longValue() > 0;
        return file.names().stream().anyMatch(n -> n.endsWith("." + a.mark()));
    }

    /// Blocks at the end that are no layers: they guess further tokens.
    private int predicting() {
        String key = key("nextn_predict_layers");
        return has(key) && !isZero(key) ? number(key) : 0;
    }

    private void requireTurning() {
        String key = key("rope.dimension_count");
        int turning = turning();
        if (arch.turnsWhole() && turning != headDim) {
            throw fault("%s is %d, expected %d, all values of a head".formatted(key, turning, headDim));
        }
        if (turning < 2 || turning > headDim || turning % 2 != 0) {
            throw fault("%s is %d, expected an even number up to %d, the values of a head"
                    .formatted(key, turning, headDim));
        }
    }

    /// Channels of a head that turn.
    int turning() {
        return number(key("rope.dimension_count"), headDim);
    }

    Gguf file() {
        return file;
    }

    GgufArchitecture architecture() {
        return arch;
    }

    /// Whether rotary frequencies are divided by factors of their own.
    boolean hasRopeFactors() {
        return infos.containsKey(GgufLayout.ROPE_FACTORS);
    }

    /// Every tensor of the file under its Hugging Face name.
    Map<String, StoredName> names() {
        Map<String, StoredName> names = new LinkedHashMap<>();
        Set<String> left = new LinkedHashSet<>(infos.keySet());
        left.removeAll(ROPE_FACTORS);
        left.removeIf(name -> name.endsWith(".attn_rot_embd.weight")); // frequencies, which every reader computes
        for (int i = 0; i < predicting(); i++) {
            String block = "blk." + (layers + i) + ".";
            left.removeIf(name -> name.startsWith(block));
        }
        requireEmbedding();
        for (GgufPlace place : arch.ends()) take(place, "", "", left, names);
        if (TiedHead.isTied(file, EMBEDDING)) names.remove(head());
        // A block takes at least one tensor: a count beyond that is absurd and would only be looped over.
        if (layers > infos.size()) {
            throw fault(key("block_count") + " is %d, but there are %d tensors".formatted(layers, infos.size()));
        }
        for (int i = 0; i < layers; i++) {
            for (GgufPlace place : arch.places())
                take(place, "blk." + i + ".", arch.layers() + "." + i + ".", left, names);
        }
        if (!left.isEmpty()) {
            throw fault("tensor %s: has no place in a %s of %d layers"
                    .formatted(left.iterator().next(), arch.name(), layers));
        }
        return names;
    }

    private void take(GgufPlace place, String block, String layer, Set<String> left, Map<String, StoredName> names) {
        if (place.hf().isEmpty()) return;
        for (String end : place.endings()) {
            String stored = block + place.gguf() + end;
            if (!left.remove(stored)) continue;
            if (!place.isPair()) names.putAll(placed(layer + place.hf() + end, stored, place));
            else if (left.remove(block + place.second())) {
                names.put(layer + place.hf(), pair(stored, block + place.second(), place));
            } else throw fault("tensor %s: is there without %s".formatted(stored, block + place.second()));
        }
    }

    private String head() {
        return arch.end("output") + ".weight";
    }

    /// What one tensor of the file is: a tensor, or one of each expert or head.
    private Map<String, StoredName> placed(String hf, String stored, GgufPlace place) {
        List<Long> shape = Objects.requireNonNull(infos.get(stored)).shape();
        if (place.changes().contains(GgufChange.TOGETHER)) return together(hf, stored, shape);
        if (!place.isStack()) return Map.of(hf, single(stored, shape, place));
        boolean isOfExperts = place.gguf().endsWith("_exps");
        int parts = isOfExperts ? number(key(GgufArchitecture.EXPERTS)) : Math.toIntExact(shape.getFirst());
        if (isOfExperts && (shape.size() != 3 || shape.getFirst() != parts)) {
            throw fault(
                    "tensor %s: shape is %s, expected a matrix for each of %d experts".formatted(stored, shape, parts));
        }
        if (!isOfExperts && (shape.size() != 2 || parts > heads.queries())) {
            throw fault("tensor %s: shape is %s, expected a vector for each of %d heads"
                    .formatted(stored, shape, heads.queries()));
        }
        Map<String, StoredName> each = new LinkedHashMap<>();
        for (int p = 0; p < parts; p++) each.put(hf.formatted(p), StoredName.of(stored, p));
        return each;
    }

    /// Queries, keys and values, one above the other.
    private Map<String, StoredName> together(String hf, String stored, List<Long> shape) {
        int rows = (heads.queries() + 2 * heads.keys()) * headDim;
        if (shape.isEmpty() || shape.getFirst() != rows) {
            throw fault("tensor %s: shape is %s, expected %d rows for %d heads and %d key heads of %d"
                    .formatted(stored, shape, rows, heads.queries(), heads.keys(), headDim));
        }
        int keys = heads.queries() * headDim;
        int values = keys + heads.keys() * headDim;
        Map<String, StoredName> each = new LinkedHashMap<>();
        each.put(hf.formatted("q"), new StoredName(stored, new StoredSlice(0, keys), -1));
        each.put(hf.formatted("k"), new StoredName(stored, new StoredSlice(keys, values), -1));
        each.put(hf.formatted("v"), new StoredName(stored, new StoredSlice(values, rows), -1));
        return each;
    }

    private StoredName pair(String first, String second, GgufPlace place) {
        boolean isTurned = first.endsWith(".weight") && place.changes().stream().anyMatch(GgufChange::isTurned);
        StoredChange change = isTurned ? StoredChange.TURNED : place.change(heads);
        long rows = Objects.requireNonNull(infos.get(first)).shape().getFirst()
                + Objects.requireNonNull(infos.get(second)).shape().getFirst();
        return new StoredName(first, change, -1, second, place.pair(heads, Math.toIntExact(rows)));
    }

    private StoredName single(String stored, List<Long> shape, GgufPlace place) {
        int moved = place.changes().stream().mapToInt(c -> c.heads(heads)).sum();
        long rows = shape.isEmpty() ? 0 : shape.getFirst();
        if (moved > 0 && rows != (long) moved * headDim) {
            throw fault("tensor %s: %d rows, expected %d for %d heads of %d"
                    .formatted(stored, rows, (long) moved * headDim, moved, headDim));
        }
        return new StoredName(stored, place.change(heads), -1);
    }

    /// What the metadata and shapes say.
    ///
    /// @param names of `names()`
    /// @throws CheckpointException names a key that is missing, cannot be used or is not known
    Map<String, Object> config(Map<String, StoredName> names) {
        Map<String, Object> c = arch.meanings().all();
        c.put("model_type", arch.modelType());
        arch.meanings().told().forEach((tensor, hf) -> {
            if (!hf.isEmpty()) c.put(hf, hasInBlock(tensor));
        });
        c.put("vocab_size", vocabulary());
        for (GgufKey k : arch.keys()) read(k, c);
        for (GgufDerived d : arch.derived()) {
            boolean isThere = has(key(d.gguf()));
            if (!d.hf().isEmpty() && isThere) c.put(d.hf(), d.read().apply(numbers));
        }
        arch.mixing().ifPresent(m -> c.put("layer_types", m.types(this, layers)));
        arch.meanings().stated().forEach(this::requireStated);
        if (arch.positions().turns()) GgufRope.read(this, c);
        windows(c);
        c.put("tie_word_embeddings", !names.containsKey(head()));
        if (arch.scaledByWidthAt() == layers) c.put("query_pre_attn_scalar", hidden / heads.queries());
        for (String token : List.of("bos", "eos", "padding")) {
            String key = "tokenizer.ggml.%s_token_id".formatted(token);
            if (has(key)) c.put(token.equals("padding") ? "pad_token_id" : token + "_token_id", number(key));
        }
        GgufKeys.requireKnown(file, arch, numbers.read());
        return c;
    }

    private boolean hasInBlock(String tensor) {
        return IntStream.range(0, layers).anyMatch(l -> infos.containsKey("blk." + l + "." + tensor));
    }

    /// One key of the metadata, which a file must have if it is a size, or the sum that is added to a variance.
    private void read(GgufKey k, Map<String, Object> c) {
        if (k.kind() == GgufKey.Kind.SIZE) {
            int size = size(k.gguf());
            if (!k.hf().isEmpty()) c.put(k.hf(), size);
        } else if (k.hf().isEmpty()) {
            value(key(k.gguf())); // read with others
        } else if (k.gguf().endsWith("epsilon") || (has(key(k.gguf())) && !isNone(k))) {
            c.put(k.hf(), numbers.of(k));
        }
    }

    /// A number that every file of this architecture has.
    private void requireStated(String gguf, Object stated) {
        Object value = value(key(gguf));
        if (!(stated instanceof Number n) || value == null) return;
        if (value instanceof Number v && v.floatValue() == n.floatValue()) return;
        throw fault("%s is %s, expected %s, the only value that is computed here"
                .formatted(key(gguf), Shown.of(value), stated));
    }

    /// A window of no width is none.
    private boolean isNone(GgufKey k) {
        return k.gguf().equals("attention.sliding_window") && isZero(key(k.gguf()));
    }

    private int size(String gguf) {
        return switch (gguf) {
            case GgufKey.KEY_HEADS -> heads.keys();
            case GgufKey.KEY_WIDTH -> headDim;
            case GgufKey.LAYERS -> layers;
            default -> number(key(gguf));
        };
    }

    /// Which layers have a window, where the file says it: one of so many has none, or a switch for each.
    private void windows(Map<String, Object> c) {
        String key = key("attention.sliding_window_pattern");
        if (arch.positions().period() <= 0 || !has(key)) return;
        boolean[] near = new boolean[layers];
        if (value(key) instanceof boolean[] each) {
            if (each.length != layers) {
                throw fault("%s has %d values, expected one for each of %d layers".formatted(key, each.length, layers));
            }
            near = each;
        } else {
            int every = number(key);
            for (int l = 0; l < layers; l++) near[l] = (l + 1) % every != 0;
        }
        List<String> types = new ArrayList<>();
        for (boolean n : near) types.add(n ? "sliding_attention" : "full_attention");
        c.put("layer_types", types);
    }

    /// Channels of a head.
    int headDim() {
        return headDim;
    }

    /// Base of rotary frequencies.
    double theta() {
        return has(key("rope.freq_base")) ? real(key("rope.freq_base")) : 10000.0;
    }

    /// Longest sequence, tokens.
    int positions() {
        return number(key("context_length"));
    }

    /// Fails unless a rotary scaling of a `config.json` gives the file's own factors.
    void requireSameFactors(Map<String, Object> scaling) {
        GgufRope.requireSame(this, scaling);
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
        return numbers.key(name);
    }

    private int number(String key, int otherwise) {
        return has(key) ? number(key) : otherwise;
    }

    boolean has(String key) {
        return value(key) != null;
    }

    @Nullable
    Object value(String key) {
        return numbers.value(key);
    }

    boolean isZero(String key) {
        return numbers.isZero(key);
    }

    int number(String key) {
        return numbers.number(key);
    }

    double real(String key) {
        return numbers.real(key);
    }

    CheckpointException fault(String what) {
        return new CheckpointException(file.path(), what);
    }
}
