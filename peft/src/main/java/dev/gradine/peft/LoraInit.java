package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Optional;
import java.util.stream.Stream;

/// How the two factors of a fresh LoRA over a linear layer begin: PEFT's `init_lora_weights`. `permits` lists the ways.
///
/// All but `false` leave what the layer computes as it is, up to rounding: B A is zero, or what is put into it is taken
/// out of the base.
public sealed interface LoraInit extends PeftValue permits LoraInit.Plain, Pissa, Olora, LoftQ, FromData {

    /// The names there are, for messages.
    String NAMES = "true, false, gaussian, orthogonal, pissa, pissa_niter_N, olora, loftq, loftq_iter_N, eva,"
            + " corda or lora_ga";

    /// Where factors begin.
    ///
    /// @param layer the base
    /// @param rank R
    /// @param scale s
    /// @param start random values, and the lifetime of what is made
    record Place(Linear layer, int rank, float scale, Start start) {

        /// The layer's weight as its checkpoint has it, before a quantisation on loading, `f32[O,I]` in the memory of
        /// `k`.
        Tensor original(Kernels k) {
            return start.originals().of(layer.weight(), k);
        }

        /// A product `b a`, times `factor`, added to `w`.
        static void add(Tensor b, Tensor a, float factor, Tensor w, Kernels k) {
            k.matMul().nn(b, a, factor, true, w);
        }

        private float[] drawn(int n, java.util.function.DoubleSupplier next) {
            float[] values = new float[n];
            for (int i = 0; i < n; i++) values[i] = (float) next.getAsDouble();
            return values;
        }

        private Tensor uniform(int rows, int columns) {
            double bound = 1 / Math.sqrt(columns);
            float[] values = drawn(rows * columns, () -> start.rng().nextDouble(-bound, bound));
            return start.run().of(Shape.of(rows, columns), values);
        }

        private Tensor normal(int rows, int columns, double deviation) {
            float[] values = drawn(rows * columns, () -> deviation * start.rng().nextGaussian());
            return start.run().of(Shape.of(rows, columns), values);
        }
    }

    /// Factors that a LoRA begins with.
    ///
    /// @param a `f32[R,I]`, in the lifetime of the run
    /// @param b `f32[O,R]`, in the lifetime of the run
    /// @param base f32 weight that is left of the layer's, in the lifetime of the run; none where it stays as it is
    record Factors(Tensor a, Tensor b, Optional<Tensor> base) {

        static Factors of(Tensor a, Tensor b) {
            return new Factors(a, b, Optional.empty());
        }

        /// Factors of a part of the weight, `s B A`, which is taken out of the base.
        static Factors taken(Place p, Formula formula) {
            Kernels run = p.start().run();
            Tensor w = p.original(run);
            Tensor a = run.empty(Shape.of(p.rank(), p.layer().in()));
            Tensor b = run.empty(Shape.of(p.layer().out(), p.rank()));
            try (Kernels k = run.openStep()) {
                formula.write(w, a, b, k);
            }
            Place.add(b, a, -p.scale(), w, run);
            return new Factors(a, b, Optional.of(w));
        }
    }

    /// How factors follow from a weight.
    @FunctionalInterface
    interface Formula {

        /// Writes `a` and `b`; `w` is only read.
        void write(Tensor w, Tensor a, Tensor b, Kernels k);
    }

    /// The factors at a place.
    ///
    /// @throws AdapterException if they cannot begin this way
    Factors factors(Place p);

    /// Whether the base is changed by it, so that an adapter is stored as plain LoRA of twice the rank.
    default boolean changesBase() {
        return false;
    }

    /// Ways that need neither the weight nor data.
    enum Plain implements LoraInit {
        /// A uniform within ±1/√I, B zero.
        TRUE,
        /// Both uniform: the layer computes something else from the start.
        FALSE,
        /// A normal with deviation 1/R, B zero: as diffusers begins.
        GAUSSIAN,
        /// Both of rows of one orthogonal matrix, so that B A is zero though neither factor is; R is even.
        ORTHOGONAL;

        @Override
        public Factors factors(Place p) {
            int in = p.layer().in();
            int out = p.layer().out();
            Tensor zeros = p.start().run().zeros(Shape.of(out, p.rank()));
            return switch (this) {
                case TRUE -> Factors.of(p.uniform(p.rank(), in), zeros);
                case FALSE -> Factors.of(p.uniform(p.rank(), in), p.uniform(out, p.rank()));
                case GAUSSIAN -> Factors.of(p.normal(p.rank(), in, 1.0 / p.rank()), zeros);
                case ORTHOGONAL -> orthogonal(p);
            };
        }

        /// `A = (G₁ Q_even)ᵀ / 10, B = G₂ᵀ Q_odd / 10`, G normal, Q orthogonal.
        private static Factors orthogonal(Place p) {
            int r = p.rank();
            if (r % 2 != 0) {
                throw new AdapterException("lora: rank is %d, expected an even one to begin orthogonal".formatted(r));
            }
            Kernels run = p.start().run();
            Tensor a = run.empty(Shape.of(r, p.layer().in()));
            Tensor b = run.empty(Shape.of(p.layer().out(), r));
            try (Kernels k = run.openStep()) {
                Tensor q = dev.gradine.tensor.linalg.Qr.thin(k.of(Shape.of(r, r), values(p, r * r)), k)
                        .q();
                Tensor even = rows(q, 0, k);
                Tensor odd = rows(q, 1, k);
                Tensor g1 = k.of(
                        Shape.of(r / 2, p.layer().in()),
                        values(p, r / 2 * p.layer().in()));
                Tensor g2 = k.of(
                        Shape.of(r / 2, p.layer().out()),
                        values(p, r / 2 * p.layer().out()));
                k.matMul().tn(even, g1, 0.1f, false, a);
                k.matMul().tn(g2, odd, 0.1f, false, b);
            }
            return Factors.of(a, b);
        }

        private static float[] values(Place p, int n) {
            return p.drawn(n, () -> p.start().rng().nextGaussian());
        }

        /// Every second row of a square matrix.
        private static Tensor rows(Tensor q, int from, Kernels k) {
            int r = q.shape().dim(0);
            float[] all = k.download(q);
            float[] some = new float[r / 2 * r];
            for (int i = 0; i < r / 2; i++) System.arraycopy(all, (2 * i + from) * r, some, i * r, r);
            return k.of(Shape.of(r / 2, r), some);
        }

        @Override
        public Object peft() {
            return switch (this) {
                case TRUE -> true;
                case FALSE -> false;
                default -> toString();
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// The way of that name, as PEFT writes it.
    ///
    /// @throws AdapterException lists the names there are
    static LoraInit parse(String text) {
        for (Plain plain : Plain.values()) if (plain.toString().equals(text)) return plain;
        return Stream.of(Pissa.parse(text), Olora.parse(text), LoftQ.parse(text), FromData.parse(text))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(() -> new AdapterException("init-lora-weights: %s, expected %s".formatted(text, NAMES)));
    }
}
