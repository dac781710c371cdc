package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;

/// One layer of a transformer: hidden states in, hidden states out. Where norms stand is what blocks differ in.
///
/// A model runs a block within a frame of the tape, so that formulas carry no memory statements.
public interface Block {

    /// `f32[N,C] → f32[N,C]`
    Var forward(Var h, Pass pass);

    /// What mixes its rows.
    Mixer mixer();

    /// What mixes the rows of a sequence with each other: attention, for the most part.
    interface Mixer {
        /// `f32[N,C] → f32[N,C]`
        Var forward(Var n, Pass pass);

        /// What it keeps of each token for those that follow; nothing by default.
        default KvCache.PerToken kept() {
            return KvCache.PerToken.NONE;
        }

        /// What it keeps of a sequence as a whole; nothing by default.
        default KvCache.PerSequence keptOfSequence() {
            return KvCache.PerSequence.NONE;
        }

        /// A multiple of it, as Granite adds to the residual.
        default Mixer times(float m) {
            return m == 1 ? this : new Multiple(this, m);
        }
    }

    /// A multiple of what a mixer gives.
    record Multiple(Mixer mixer, float factor) implements Mixer {
        @Override
        public Var forward(Var n, Pass pass) {
            return n.tape().frame(x -> scale(mixer.forward(x, pass), factor), n);
        }

        @Override
        public KvCache.PerToken kept() {
            return mixer.kept();
        }

        @Override
        public KvCache.PerSequence keptOfSequence() {
            return mixer.keptOfSequence();
        }
    }

    /// What acts on each row alone.
    interface FeedForward {
        /// `f32[N,C] → f32[N,C]`
        Var forward(Var n, Pass pass);

        /// A multiple of it.
        default FeedForward times(float m) {
            return m == 1 ? this : (n, pass) -> n.tape().frame(x -> scale(forward(x, pass), m), n);
        }
    }

    /// Nothing but a mixer behind a norm, as in Mamba-2.
    ///
    /// ```
    /// y = h + mix(N h)
    /// ```
    record MixerOnly(Norm norm, Mixer mixer) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            return h.tape().frame(x -> add(x, mixer.forward(norm.forward(x, pass), pass)), h);
        }
    }

    /// Norms before, as in Llama and GPT-2.
    ///
    /// ```
    /// a = h + mix(N₁ h)
    /// y = a + ffn(N₂ a)
    /// ```
    record PreNorm(Norm n1, Mixer mixer, Norm n2, FeedForward ffn) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            Var a = h.tape().frame(x -> add(x, mixer.forward(n1.forward(x, pass), pass)), h);
            return h.tape().frame(x -> add(x, ffn.forward(n2.forward(x, pass), pass)), a);
        }
    }

    /// Norms before and after, as in Gemma 2.
    ///
    /// ```
    /// a = h + N₂ mix(N₁ h)
    /// y = a + N₄ ffn(N₃ a)
    /// ```
    record Sandwich(Norm n1, Mixer mixer, Norm n2, Norm n3, FeedForward ffn, Norm n4) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            Var a = h.tape().frame(x -> add(x, n2.forward(mixer.forward(n1.forward(x, pass), pass), pass)), h);
            return h.tape().frame(x -> add(x, n4.forward(ffn.forward(n3.forward(x, pass), pass), pass)), a);
        }
    }

    /// Norms behind, as in OLMo 2.
    ///
    /// ```
    /// a = h + N₁ mix(h)
    /// y = a + N₂ ffn(a)
    /// ```
    record PostNorm(Mixer mixer, Norm n1, FeedForward ffn, Norm n2) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            Var a = h.tape().frame(x -> add(x, n1.forward(mixer.forward(x, pass), pass)), h);
            return h.tape().frame(x -> add(x, n2.forward(ffn.forward(x, pass), pass)), a);
        }
    }

    /// Norms behind what is added, as in the first transformers and in BERT.
    ///
    /// ```
    /// a = N₁ (h + mix(h))
    /// y = N₂ (a + ffn(a))
    /// ```
    ///
    /// Vaswani et al. 2017 (arXiv:1706.03762), section 3.1.
    record NormOfSum(Mixer mixer, Norm n1, FeedForward ffn, Norm n2) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            Var a = h.tape().frame(x -> n1.forward(add(x, mixer.forward(x, pass)), pass), h);
            return h.tape().frame(x -> n2.forward(add(x, ffn.forward(x, pass)), pass), a);
        }
    }

    /// Both parts side by side behind one norm, as in Phi and Cohere.
    ///
    /// ```
    /// y = h + mix(n) + ffn(n)         n = N h
    /// ```
    record Parallel(Norm norm, Mixer mixer, FeedForward ffn) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            return h.tape()
                    .frame(
                            x -> {
                                Var n = norm.forward(x, pass);
                                return add(add(x, mixer.forward(n, pass)), ffn.forward(n, pass));
                            },
                            h);
        }
    }

    /// Both parts side by side, each behind a norm of its own, as in GPT-NeoX.
    ///
    /// ```
    /// y = h + mix(N₁ h) + ffn(N₂ h)
    /// ```
    record ParallelApart(Norm n1, Mixer mixer, Norm n2, FeedForward ffn) implements Block {
        @Override
        public Var forward(Var h, Pass pass) {
            return h.tape()
                    .frame(
                            x -> {
                                Var mixed = mixer.forward(n1.forward(x, pass), pass);
                                return add(add(x, mixed), ffn.forward(n2.forward(x, pass), pass));
                            },
                            h);
        }
    }
}
