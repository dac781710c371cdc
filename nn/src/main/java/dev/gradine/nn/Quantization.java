package dev.gradine.nn;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.tensor.cpu.RowInt8;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Which linear weights of a model become weights of four or eight bits while it is read, and how: QLoRA's
/// base (Dettmers et al. 2023, arXiv:2305.14314, section 3), or LLM.int8's weights (Dettmers et al. 2022,
/// arXiv:2208.07339, section 2). Biases, norms, embeddings and everything trained stay as they are, and
/// activations are never quantised.
///
/// @param type NF4, FP4 or INT8
/// @param block values that share a magnitude: a power of two from 32 to 4096, usually 64; of INT8 0, as it is a row
/// @param doubleQuant whether the magnitudes become codes of eight bits; never of INT8
/// @param modules ends of the layers' paths, such as `q_proj`; none for every linear layer but the head
public record Quantization(DType type, int block, boolean doubleQuant, List<String> modules) {

    private static final Set<String> HEADS = Set.of("lm_head", "embed_out", "score", "classifier");

    /// @throws ConfigException if the type is another, or INT8 has blocks
    /// @throws dev.gradine.tensor.ShapeException if the block has another size
    public Quantization {
        switch (type) {
            case NF4, FP4 -> Scales.requireBlock("quantize", block);
            case INT8 -> {
                if (block != 0 || doubleQuant) {
                    throw new ConfigException(
                            "quantize: INT8 has one scale a row, expected neither blocks nor double" + " quantisation");
                }
            }
            default -> throw new ConfigException("quantize: type is %s, expected NF4, FP4 or INT8".formatted(type));
        }
        modules = List.copyOf(modules);
    }

    /// LLM.int8's weights.
    public static Quantization int8(List<String> modules) {
        return new Quantization(DType.INT8, 0, false, modules);
    }

    private Tensor codes(Tensor w, Arena arena) {
        return type == DType.INT8 ? RowInt8.quantise(w, arena) : Quantise.quantise(w, type, block, doubleQuant, arena);
    }

    /// Whether the layer of that path is quantised.
    public boolean takes(String path) {
        String name = path.substring(path.lastIndexOf('.') + 1);
        if (modules.isEmpty()) return !HEADS.contains(name);
        return modules.stream().anyMatch(m -> path.equals(m) || path.endsWith("." + m));
    }

    /// Weights from `source`, of which those of linear layers that it takes are quantised.
    ///
    /// @param source gives weights in host memory
    /// @param arena where codes and scales live
    public Weights.Source over(Weights.Source source, Arena arena) {
        return new Weights.Source() {
            @Override
            public Tensor tensor(String name, Shape expected) {
                return source.tensor(name, expected);
            }

            @Override
            public Weights.Tie tie(String embedding, String head) {
                return source.tie(embedding, head);
            }

            @Override
            public Tensor linear(String path, Tensor stored) {
                Tensor w = source.linear(path, stored);
                if (!takes(path)) return w;
                if (w.dtype().hasScales()) {
                    throw new ConfigException("quantize: %s.weight is %s already, expected a checkpoint of more bits"
                            .formatted(path, w.dtype()));
                }
                try {
                    return codes(w, arena);
                } catch (DTypeException e) { // of the tensor, which knows no path
                    throw new ConfigException("quantize: %s.weight: %s".formatted(path, e.getMessage()));
                }
            }
        };
    }

    /// Fails unless each of the modules has named a layer that was quantised.
    ///
    /// @param layers of a model whose weights came from `over`
    /// @throws ConfigException names the first that has not
    public void requireFound(List<Linear> layers) {
        for (String m : modules) {
            Quantization alone = new Quantization(type, block, doubleQuant, List.of(m));
            boolean found = layers.stream()
                    .anyMatch(l ->
                            alone.takes(l.path()) && l.weight().param().value().dtype() == type);
            if (!found) {
                throw new ConfigException(
                        ("quantize: module is %s, expected the end of the path of a linear layer with a"
                                        + " weight of its own, such as q_proj")
                                .formatted(m));
            }
        }
    }

    /// What a user calls the type: `nf4`, `fp4` or `int8`.
    public String typeName() {
        return type.name().toLowerCase(Locale.ROOT);
    }

    /// Such as `nf4, blocks of 64, double-quantised` or `int8, a scale a row`.
    @Override
    public String toString() {
        if (type == DType.INT8) return typeName() + ", a scale a row";
        return "%s, blocks of %d%s".formatted(typeName(), block, doubleQuant ? ", double-quantised" : "");
    }
}
