package dev.gradine.export;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.NonFinite;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import dev.gradine.tensor.cpu.Quantise;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The tensors of a model with its adapter added.
///
/// What the adapter does not change keeps the bytes of the checkpoint, unless another type was asked for.
/// What it changes is added in f32 and rounded once, to the checkpoint's type or the one asked for. A
/// weight that is computed with in codes of a few bits is written decoded, as f32 unless asked otherwise:
/// other values than the decoded ones would not compute what the adapter was trained on. Requantised it is
/// written only where that is asked for.
final class MergedWeights {

    private final OpenModel model;
    private final AdapterSet adapted;
    private final Checkpoint checkpoint;
    private final FolderFormat.Type type;
    private final boolean requantised;
    private boolean decoded;

    MergedWeights(OpenModel model, AdapterSet adapted, FolderFormat format) {
        this.model = model;
        this.type = format.type();
        this.requantised = format.requantised();
        this.adapted = adapted;
        checkpoint = model.checkpoint();
    }

    List<TensorSource> tensors() {
        List<TensorSource> all = new ArrayList<>();
        for (Weight weight : adapted.model().weights()) {
            Weight.Stack stack = weight.stack();
            if (stack != null && stack.index() == 0) all.add(new MergedStack(model, adapted, stack).source(type));
            if (isBegun(weight)) {
                all.add(merged(weight, type.of(DType.F32)));
                continue;
            }
            if (!checkpoint.has(weight.path()) && !isUntied(weight)) continue;
            if (requantised && !weight.param().value().dtype().isFloat()) all.addAll(codes(weight));
            else all.add(tensor(weight));
        }
        return all;
    }

    /// Whether a head and an embedding that were one weight, or are said to be one, are two.
    boolean untied() {
        return !model.apart().isEmpty() || adapted.model().weights().stream().anyMatch(this::isUntied);
    }

    /// Whether it shares a value with another place and one of the two becomes another.
    private boolean isUntied(Weight weight) {
        List<Weight> twins = adapted.model().weights().stream()
                .filter(w -> w.param() == weight.param())
                .toList();
        return twins.size() > 1 && Merge.stores(adapted, weight) && !Merge.alike(adapted, twins);
    }

    /// Whether it is of a head that the adapter brings along, and the checkpoint has none.
    private boolean isBegun(Weight weight) {
        return adapted.copies().containsKey(weight)
                && adapted.model().weights().stream()
                        .filter(w -> w.param() == weight.param())
                        .noneMatch(w -> checkpoint.has(w.path()));
    }

    private TensorSource tensor(Weight weight) {
        Tensor own = weight.param().value();
        Tensor stored = checkpoint.tensor(stored(weight));
        boolean coded = !own.dtype().isFloat() || !stored.dtype().isFloat();
        decoded |= coded;
        DType written = type.of(coded ? DType.F32 : Merge.writtenAs(stored));
        if (coded || Merge.changes(adapted, weight)) return merged(weight, written);
        return new TensorSource(
                weight.path(),
                written,
                stored.shape(),
                () -> written == stored.dtype() ? stored : converted(weight, stored, written));
    }

    /// A weight of codes with its adapter, in codes once more: as many bits, blocks of the same size.
    private List<TensorSource> codes(Weight weight) {
        Tensor own = weight.param().value();
        if (!own.dtype().hasScales()) {
            throw new IllegalArgumentException(
                    "merge: %s is %s, of which safetensors has none; export --to gguf --type %s writes it requantised"
                            .formatted(
                                    weight.path(),
                                    own.dtype(),
                                    own.dtype().name().toLowerCase(Locale.ROOT)));
        }
        DType before = checkpoint.tensor(stored(weight)).dtype();
        Arena arena = Arena.ofAuto();
        if (!Merge.changes(adapted, weight)) {
            return QuantizedModel.parts(weight, model.run().toHost(own, arena), before);
        }
        try (Kernels k = model.run().openStep()) {
            Tensor sum = k.toHost(Merge.merged(adapted, weight, k), arena);
            return QuantizedModel.parts(weight, Quantise.like(own, sum, arena), before);
        }
    }

    private Tensor converted(Weight weight, Tensor stored, DType written) {
        try (Kernels k = model.run().openStep()) {
            Tensor exact = k.empty(stored.shape());
            k.copy(k.fromHost(stored), exact);
            return rounded(weight, exact, written, k);
        }
    }

    /// In host memory, in the type it is written in.
    static Tensor rounded(Weight weight, Tensor exact, DType written, Kernels k) {
        Tensor rounded = k.empty(written, exact.shape());
        k.copy(exact, rounded);
        Tensor host = k.toHost(rounded, Arena.ofAuto());
        if (NonFinite.first(host) < 0) return host;
        throw new IllegalArgumentException(
                "merge: %s has a value that is too large for %s, expected --dtype bf16 or --dtype f32"
                        .formatted(weight.path(), written));
    }

    /// Name of the tensor that it is in the checkpoint: its own, or that of the place it shares its value with.
    private String stored(Weight weight) {
        return adapted.model().weights().stream()
                .filter(w -> w.param() == weight.param())
                .map(Weight::path)
                .filter(checkpoint::has)
                .sorted((a, b) -> Boolean.compare(b.equals(weight.path()), a.equals(weight.path())))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no tensor for " + weight));
    }

    private TensorSource merged(Weight weight, DType dtype) {
        Shape own = weight.shape();
        Shape stored = weight.isTransposed() ? Shape.of(own.dim(1), own.dim(0)) : own;
        return new TensorSource(weight.path(), dtype, stored, () -> {
            try (Kernels k = model.run().openStep()) {
                Tensor host = rounded(weight, Merge.merged(adapted, weight, k), dtype, k);
                return weight.isTransposed() ? Transposed.of(host) : host;
            }
        });
    }

    /// `dtype` of the configuration: the type that holds all of `tensors`.
    static String dtypeName(List<TensorSource> tensors) {
        if (tensors.stream().allMatch(t -> t.dtype() == DType.BF16)) return "bfloat16";
        return tensors.stream().allMatch(t -> t.dtype() == DType.F16) ? "float16" : "float32";
    }

    /// What is not as it was in the checkpoint, besides the adapter: a line each. To be asked after `tensors`.
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        if (decoded) {
            notes.add(
                    ("the base is quantised: its weights are written decoded, as %s, and the adapter is added to those"
                                    + " values, which it was trained on")
                            .formatted(type.of(DType.F32).name().toLowerCase(Locale.ROOT)));
        }
        return notes;
    }
}
