package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// The tensors of an `adapter_model.safetensors`, each of which must be used, or be one that PEFT itself leaves.
final class StoredAdapter {

    private final Safetensors file;
    private final Kernels run;
    private final Map<String, String> names = new LinkedHashMap<>();
    private final Set<String> read = new LinkedHashSet<>();

    StoredAdapter(Safetensors file, Kernels run) {
        this.file = file;
        this.run = run;
        for (String stored : file.names()) names.put(plain(stored), stored);
    }

    /// The name without that of the adapter, which files made from a state dict have, and without the layer that holds
    /// DoRA's lengths in memory.
    private static String plain(String stored) {
        if (!stored.contains(".lora_")) return stored;
        String name = stored.replaceFirst("\\.default(\\.weight|\\.bias|)$", "$1");
        return name.replaceFirst("\\.lora_magnitude_vector\\.weight$", ".lora_magnitude_vector");
    }

    boolean has(String name) {
        return names.containsKey(name);
    }

    int size() {
        return names.size();
    }

    int used() {
        return read.size();
    }

    /// Names that were not read.
    Set<String> left() {
        Set<String> left = new LinkedHashSet<>(names.values());
        left.removeAll(read);
        return left;
    }

    /// Puts the tensor `name` in the place of a fresh value.
    ///
    /// @param transposed whether PEFT has the matrix the other way round
    void copy(String name, Param fresh, boolean transposed) {
        try (Kernels scratch = run.openStep()) {
            Tensor value = value(name, transposed, scratch);
            requireShape(name, value.shape(), fresh.value().shape(), AdapterFolder.CONFIG + " and the model");
            run.copy(value, fresh.value());
        }
        requireFinite(name, fresh.value());
    }

    /// Puts a value that the file has in a form of the method's own in the place of a fresh one.
    void unpack(String name, Param fresh, Method method) {
        try (Kernels scratch = run.openStep()) {
            run.copy(method.unpacked(name, fresh.value().shape(), this::host, scratch), fresh.value());
        }
    }

    private Tensor host(String name) {
        String stored = names.getOrDefault(name, name);
        read.add(stored);
        return file.tensor(stored);
    }

    /// What PEFT puts in the place of a weight of the model itself, in the type the model has it in.
    ///
    /// @return nothing if it is the model's own value
    SequencedMap<Weight, Param> inPlaceOf(Weight weight, String name) {
        SequencedMap<Weight, Param> other = new LinkedHashMap<>();
        Tensor own = weight.param().value();
        DType type = own.dtype().isFloat() ? own.dtype() : DType.F32;
        try (Kernels scratch = run.openStep()) {
            Tensor stored = value(name, weight.isTransposed(), scratch);
            requireShape(name, stored.shape(), own.shape(), "the model, which may have another vocabulary");
            Tensor rounded = scratch.empty(type, own.shape());
            scratch.copy(stored, rounded);
            if (!isSame(rounded, own, scratch)) {
                Tensor kept = run.empty(type, own.shape());
                run.copy(rounded, kept);
                requireFinite(name, kept);
                other.put(weight, Param.frozen(weight.path(), kept));
            }
        }
        return other;
    }

    private static boolean isSame(Tensor a, Tensor b, Kernels k) {
        Tensor difference = k.empty(a.shape());
        Tensor minus = k.empty(a.shape());
        k.copy(a, difference);
        k.copy(b, minus);
        k.elementwise().axpy(-1, minus, difference);
        return k.reduce().sumOfSquares(difference) == 0;
    }

    private Tensor value(String name, boolean transposed, Kernels k) {
        Tensor host = host(name);
        if (!host.dtype().isReal()) {
            throw new AdapterException("%s: %s is %s, expected a real type".formatted(file.path(), name, host.dtype()));
        }
        boolean turn = transposed && host.shape().rank() == 2;
        return k.fromHost(turn ? Transposed.of(host) : host);
    }

    private void requireShape(String name, Shape got, Shape expected, String because) {
        AdapterException.requireShape(file.path() + ": " + name, got, expected, because);
    }

    private void requireFinite(String name, Tensor value) {
        if (!isFinite(value)) {
            throw new AdapterException(file.path() + ": " + name + " has a value that is not finite");
        }
    }

    private boolean isFinite(Tensor value) {
        if (value.dtype() == DType.F32) return Double.isFinite(run.reduce().sumOfSquares(value));
        try (Kernels scratch = run.openStep()) {
            Tensor f32 = scratch.empty(value.shape());
            scratch.copy(value, f32);
            return Double.isFinite(scratch.reduce().sumOfSquares(f32));
        }
    }

    /// Fails if a tensor has not been read that PEFT would have had a place for.
    ///
    /// @param leaves names that PEFT leaves unread
    void requireAllRead(Set<String> leaves) {
        for (String name : left()) {
            if (!leaves.contains(plain(name))) {
                throw new AdapterException("%s: %s belongs to no adapted module of this model, as %s names them"
                        .formatted(file.path(), name, AdapterFolder.CONFIG));
            }
        }
    }
}
