package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Where a Hugging Face tensor goes in a GGUF file of one architecture, and what is done to its values on the way: what
/// `GgufModel` undoes.
public final class GgufLayout {

    /// Factors by which angular frequencies are divided.
    public static final String ROPE_FACTORS = "rope_freqs.weight";

    /// The same for texts beyond the original length.
    public static final String LONG_FACTORS = "rope_factors_long.weight";

    /// The same for texts up to the original length.
    public static final String SHORT_FACTORS = "rope_factors_short.weight";

    /// Matrices that llama.cpp reads as f32 alone.
    private static final List<String> ALWAYS_F32 = List.of(
            "position_embd",
            "ffn_gate_inp",
            "ffn_gate_inp_shexp",
            "ssm_conv1d",
            "ssm_a",
            "ssm_d",
            "shortconv.conv.weight");

    private final GgufArchitecture arch;
    private final GgufHeads heads;
    private final Map<Pattern, GgufPlace> ofLayer = new LinkedHashMap<>();
    private final Map<Pattern, GgufPlace> ofModel = new LinkedHashMap<>();

    /// A place of the file.
    ///
    /// @param name such as `blk.3.attn_q.weight`
    /// @param part number of the tensor within a stack, or -1 where the file holds it by itself
    /// @param second where the other half of its rows are, or empty
    public record Spot(String name, int part, String second) {}

    /// Where a name was found.
    private record Found(GgufPlace place, Spot spot) {}

    /// Names alone.
    public GgufLayout(GgufArchitecture arch) {
        this(arch, GgufHeads.of(1, 1));
    }

    /// @param heads by which rows are in groups
    public GgufLayout(GgufArchitecture arch, GgufHeads heads) {
        this.arch = arch;
        this.heads = heads;
        arch.places().reversed().stream()
                .filter(p -> !p.hf().isEmpty())
                .forEach(p -> ofLayer.put(pattern(arch.layers() + ".%l.", p), p));
        arch.ends().stream().filter(p -> !p.hf().isEmpty()).forEach(p -> ofModel.put(pattern("", p), p));
    }

    /// Groups `l`, number of the layer, `e`, number within a stack, and `end`.
    private static Pattern pattern(String prefix, GgufPlace place) {
        String quoted = Pattern.quote(prefix + place.hf())
                .replace("%l", "\\E(?<l>\\d+)\\Q")
                .replace("%d", "\\E(?<e>\\d+)\\Q");
        String ends = place.endings().stream().map(Pattern::quote).collect(Collectors.joining("|"));
        return Pattern.compile(quoted + "(?<end>" + ends + ")");
    }

    /// The architecture.
    public GgufArchitecture architecture() {
        return arch;
    }

    /// Whether the file has a place for it.
    ///
    /// @param hf such as `model.layers.3.self_attn.q_proj.weight`
    public boolean has(String hf) {
        return ofLayer.keySet().stream().anyMatch(p -> p.matcher(hf).matches())
                || ofModel.keySet().stream().anyMatch(p -> p.matcher(hf).matches());
    }

    /// The name in the file, such as `blk.3.attn_q.weight`.
    ///
    /// @param hf such as `model.layers.3.self_attn.q_proj.weight`
    /// @throws IllegalArgumentException if the file has no place for it
    public String name(String hf) {
        return spot(hf).name();
    }

    /// The place in the file.
    ///
    /// @throws IllegalArgumentException if there is none
    public Spot spot(String hf) {
        return found(hf).spot();
    }

    private Found found(String hf) {
        for (Map.Entry<Pattern, GgufPlace> e : ofLayer.entrySet()) {
            Matcher m = e.getKey().matcher(hf);
            if (m.matches()) return found(e.getValue(), "blk." + m.group("l") + ".", m);
        }
        for (Map.Entry<Pattern, GgufPlace> e : ofModel.entrySet()) {
            Matcher m = e.getKey().matcher(hf);
            if (m.matches()) return found(e.getValue(), "", m);
        }
        throw new IllegalArgumentException(
                "gguf: tensor %s has no place in a file of architecture %s".formatted(hf, arch.name()));
    }

    private static Found found(GgufPlace place, String block, Matcher m) {
        int part = place.isStack() ? Integer.parseInt(m.group("e")) : -1;
        return new Found(
                place,
                new Spot(block + place.gguf() + m.group("end"), part, place.isPair() ? block + place.second() : ""));
    }

    /// Whether the file holds this tensor's values plus 1.
    public boolean addsOne(String hf) {
        return found(hf).place().addsOne();
    }

    /// Whether it stays f32 whatever type the others get, though it may be a matrix.
    public boolean staysF32(String hf) {
        GgufPlace place = found(hf).place();
        return place.isNorm() || place.gguf().endsWith(".bias") || ALWAYS_F32.contains(place.gguf());
    }

    /// Whether what its rows give, and what its columns take, is one tensor's in the file, up to the order of rows.
    public boolean isWhole(String hf) {
        GgufPlace place = found(hf).place();
        return !place.isPair() && place.changes().stream().noneMatch(GgufChange::movesColumns);
    }

    /// Extents in the file.
    public Shape shape(String hf, Shape own) {
        return found(hf).place().change(heads).shape(own);
    }

    /// Extents of one of the two tensors of a pair.
    public Shape half(String hf, Shape both, int index) {
        return found(hf).place().pair(heads, both.dim(0)).half(both, index);
    }

    /// One of the two tensors of a pair, a copy in `arena`.
    ///
    /// @param both its values: `[2I,C]` of one expert, or `[E,2I]`
    /// @param index 0 for the first, 1 for the second
    public Tensor half(String hf, Tensor both, int index, Arena arena) {
        return found(hf).place().pair(heads, both.shape().dim(0)).half(both, index, arena);
    }

    /// The tensor as the file holds it; see `GgufChange`.
    ///
    /// @param values in host memory, f32 where 1 is added
    /// @param arena of the copy, where there is one
    public Tensor stored(String hf, Tensor values, Arena arena) {
        return found(hf).place().change(heads).done(values, arena);
    }
}
