package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;

/// The values of an adapter at one place, by the names that PEFT's file gives them behind the place's path.
///
/// @param trained such as `lora_A.weight`
/// @param fixed what is stored beside it and never trained, such as VeRA's projections
public record NamedParams(SequencedMap<String, Param> trained, SequencedMap<String, Param> fixed) {

    /// Keeps copies.
    public NamedParams {
        trained = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(trained));
        fixed = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fixed));
    }

    /// The value of this name.
    ///
    /// @throws IllegalArgumentException if there is none
    public Param get(String name) {
        Param p = trained.containsKey(name) ? trained.get(name) : fixed.get(name);
        if (p == null)
            throw new IllegalArgumentException("params: no value %s, expected one of %s".formatted(name, this));
        return p;
    }

    /// Whether there is a value of this name.
    public boolean has(String name) {
        return trained.containsKey(name) || fixed.containsKey(name);
    }

    /// The same names with other values.
    public NamedParams over(UnaryOperator<Param> values) {
        return new NamedParams(mapped(trained, values), mapped(fixed, values));
    }

    private static SequencedMap<String, Param> mapped(SequencedMap<String, Param> all, UnaryOperator<Param> values) {
        SequencedMap<String, Param> others = new LinkedHashMap<>();
        all.forEach((name, p) -> others.put(name, values.apply(p)));
        return others;
    }

    /// Makes fresh values one after the other, in the lifetime of `start.run()`.
    public static final class Builder {

        private final Site site;
        private final Start start;
        private final SequencedMap<String, Param> trained = new LinkedHashMap<>();
        private final SequencedMap<String, Param> fixed = new LinkedHashMap<>();

        Builder(Site site, Start start) {
            this.site = site;
            this.start = start;
        }

        /// All zeros.
        public Builder zeros(String name, int... dims) {
            return filled(name, 0, dims);
        }

        /// All the same.
        public Builder filled(String name, float value, int... dims) {
            Tensor t = start.run().empty(Shape.of(dims));
            start.run().elementwise().fill(t, value);
            return trained(name, t);
        }

        /// Uniform within ±`bound`.
        public Builder uniform(String name, double bound, int... dims) {
            return drawn(name, () -> start.rng().nextDouble(-bound, bound), dims);
        }

        /// Uniform within ±1/√n, n the values of a row: how PyTorch begins a linear layer or a convolution.
        public Builder kaiming(String name, int... dims) {
            return uniform(name, 1 / Math.sqrt((double) Shape.of(dims).size() / dims[0]), dims);
        }

        /// Normal around 0.
        public Builder normal(String name, double deviation, int... dims) {
            return drawn(name, () -> deviation * start.rng().nextGaussian(), dims);
        }

        private Builder drawn(String name, DoubleSupplier next, int... dims) {
            float[] values = new float[Shape.of(dims).size()];
            for (int i = 0; i < values.length; i++) values[i] = (float) next.getAsDouble();
            return trained(name, start.run().of(Shape.of(dims), values));
        }

        /// These values, to be trained.
        ///
        /// @param value in the lifetime of `start.run()`
        public Builder trained(String name, Tensor value) {
            return trained(name, Param.trained(site.path() + "." + name, value, start.run()));
        }

        /// A value that other adapters may have, too.
        public Builder trained(String name, Param value) {
            trained.put(name, value);
            return this;
        }

        /// A value that is stored and not trained.
        public Builder fixed(String name, Param value) {
            fixed.put(name, value);
            return this;
        }

        /// What was made.
        public NamedParams build() {
            return new NamedParams(trained, fixed);
        }
    }
}
