package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.optim.Optimizer.Group;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.BlockCodesKernel;
import dev.gradine.tensor.kernel.BlockCodesKernel.CodeMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A rule whose state is that of another in codes of eight bits. Dettmers et al. 2022 (arXiv:2110.02861), section 2,
/// with the maps
/// of bitsandbytes.
///
/// ```
/// x = map[code] · M_b          M_b = max |x| over block b of 256 values, counted through all rows
/// step: decode, update in f32, encode again
/// ```
///
/// Means of gradients take the map with signs, means of squares the one without. A parameter of few values keeps f32.
public sealed interface EightBit extends UpdateRule permits AdamW8bit, Lion8bit {

    /// Which parameters keep codes.
    ///
    /// @param min8bitSize parameters of fewer values keep f32
    record Codes(
            @Option(
                    says = "Parameters of fewer values keep their states in f32.",
                    name = "min-8bit-size",
                    label = "N",
                    least = 0)
            @Usual(
                    from = 0,
                    to = 65536,
                    why = "small tensors cost little in f32",
                    source = "bitsandbytes: min_8bit_size 4096")
            int min8bitSize) {

        /// Those of bitsandbytes.
        static final Codes USUAL = new Codes(4096);

        /// @throws IllegalArgumentException names the number that is out of range
        public Codes {
            require("min-8bit-size", min8bitSize, min8bitSize >= 0, "at least 0");
        }
    }

    /// The rule in f32, whose state is of the parameter's shape.
    UpdateRule rule();

    /// Which parameters keep codes.
    Codes codes();

    @Override
    default String name() {
        return rule().name() + "-8bit";
    }

    private boolean isSmall(Shape shape) {
        return shape.size() < codes().min8bitSize();
    }

    @Override
    default List<Kept> keeps(String name, Shape shape) {
        if (isSmall(shape)) return rule().keeps(name, shape);
        Shape blocks = Shape.of(Math.ceilDiv(shape.size(), BlockCodesKernel.BLOCK));
        return rule().keeps(name, shape).stream()
                .flatMap(k -> Stream.of(
                        new Kept(k.name() + ".codes", DType.U8, shape, k.isSigned()),
                        Kept.positive(k.name() + ".absmax", blocks)))
                .toList();
    }

    @Override
    default List<String> notes(List<Group> groups) {
        String small = UpdateRule.share(groups, (name, shape) -> isSmall(shape));
        return small.isEmpty()
                ? List.of()
                : List.of("%s: %s parameters have fewer than %d values and keep f32 states"
                        .formatted(name(), small, codes().min8bitSize()));
    }

    @Override
    default void update(Slot s, Turn turn) {
        if (isSmall(s.shape())) {
            rule().update(s, turn);
            return;
        }
        try (Kernels k = turn.run().openStep()) {
            Map<String, Tensor> decoded = new LinkedHashMap<>();
            for (Kept kept : rule().keeps(s.name(), s.shape())) {
                Tensor x = k.empty(s.shape());
                k.blockCodes().decode(codes(s, kept), absmax(s, kept), map(kept), x);
                decoded.put(kept.name(), x);
            }
            rule().update(s.with(decoded), turn);
            for (Kept kept : rule().keeps(s.name(), s.shape())) {
                Tensor x = s.with(decoded).kept(kept.name());
                k.blockCodes().encode(x, map(kept), codes(s, kept), absmax(s, kept));
            }
        }
    }

    private static Tensor codes(Slot s, Kept kept) {
        return s.kept(kept.name() + ".codes");
    }

    private static Tensor absmax(Slot s, Kept kept) {
        return s.kept(kept.name() + ".absmax");
    }

    private static CodeMap map(Kept kept) {
        return kept.isSigned() ? CodeMap.SIGNED : CodeMap.UNSIGNED;
    }
}
