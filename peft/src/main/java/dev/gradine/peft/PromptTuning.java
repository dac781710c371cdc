package dev.gradine.peft;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.PutRows.putRows;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Prompt tuning: trained rows P that stand before each sequence as embedded tokens do.
///
/// ```
/// h₀ = [P; E[ids]]      positions 0 … n − 1 are those of P
/// ```
///
/// Lester, Al-Rfou & Constant 2021 (arXiv:2104.08691), section 2. Virtual tokens carry no loss, and a model gives its
/// answers for the tokens given alone. No weight computes the same, so nothing can be merged.
///
/// @param virtualTokens number n of trained rows
/// @param promptInit how they begin
/// @param promptText the text they begin as, with `TEXT`; repeated or cut to n tokens
@Usual(
        from = 0.001,
        to = 0.5,
        why = "rows of a prompt are far from where they end",
        source = "Lester et al. 2021: 0.3; PEFT's examples: 3e-2")
public record PromptTuning(
        @Option(says = "Number of virtual tokens before each sequence.", label = "N", peft = "num_virtual_tokens")
        @Usual(
                from = 1,
                to = 200,
                why = "20 suffice in the paper, and more gain little",
                source = "Lester et al. 2021, section 3.2: 20 to 100; PEFT: must be given")
        int virtualTokens,

        @Option(
                says = "How virtual tokens begin: normally distributed, as tokens drawn from the vocabulary, or as"
                        + " those of --prompt-text.",
                label = "random|sample_vocab|text",
                peft = "prompt_tuning_init")
        Init promptInit,

        @Option(says = "Text that virtual tokens begin as.", label = "TEXT", peft = "prompt_tuning_init_text")
        String promptText)
        implements Method {

    /// How virtual tokens begin.
    public enum Init {
        /// Normally distributed.
        RANDOM,
        /// As tokens drawn from the vocabulary.
        SAMPLE_VOCAB,
        /// As the tokens of a text.
        TEXT
    }

    private static final PeftFields FIELDS = PeftFields.with(Set.of("modules_to_save"))
            .fixed("num_transformer_submodules", 1)
            .about("num_attention_heads", null)
            .about("num_layers", null)
            .about("token_dim", null)
            .about("tokenizer_kwargs", null)
            .about("tokenizer_name_or_path", null);

    /// @throws AdapterException if there is no virtual token, or no text to begin as
    public PromptTuning {
        if (virtualTokens < 1) {
            throw new AdapterException("prompt-tuning: virtual-tokens is " + virtualTokens + ", expected >= 1");
        }
        if (promptText.isEmpty() == (promptInit == Init.TEXT)) {
            String init = promptInit.name().toLowerCase(Locale.ROOT);
            throw new AdapterException("prompt-tuning: prompt-text is \"%s\", expected %s (prompt-init is %s)"
                    .formatted(promptText, promptInit == Init.TEXT ? "a text to begin as" : "none", init));
        }
    }

    /// Twenty random ones.
    public static PromptTuning defaults() {
        return new PromptTuning(20, Init.RANDOM, "");
    }

    @Override
    public String peftType() {
        return "PROMPT_TUNING";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        return sizes(model);
    }

    /// Fields of virtual tokens that follow from the model.
    static Map<String, @Nullable Object> sizes(Model model) {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("token_dim", model.embeddings().getFirst().weight().shape().dim(1));
        Pattern block = Pattern.compile("\\.\\d+\\.");
        m.put("num_layers", (int) model.linears().stream()
                .map(Linear::path)
                .flatMap(path -> block.matcher(path).results().limit(1).map(MatchResult::group))
                .distinct()
                .count());
        return m;
    }

    @Override
    public String stored(Site site, String param) {
        return param;
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Embedding;
    }

    @Override
    public long parameters(Site site) {
        return (long) virtualTokens * ((Embedding) site).weight().shape().dim(1);
    }

    @Override
    public Beginning begins() {
        return Beginning.OTHER;
    }

    @Override
    public boolean merges() {
        return false;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Embedding e = (Embedding) site;
        Tensor rows =
                start.run().empty(Shape.of(virtualTokens, e.weight().shape().dim(1)));
        if (promptInit == Init.RANDOM) normal(rows, start);
        else
            start.run()
                    .indexSelect()
                    .forward(
                            start.run().ofInts(tokens(e, start)),
                            e.weight().param().value(),
                            rows);
        return new Prompt(Param.trained("prompt_embeddings", rows, start.run()));
    }

    static void normal(Tensor rows, Start start) {
        float[] values = new float[rows.size()];
        for (int i = 0; i < values.length; i++) values[i] = (float) start.rng().nextGaussian();
        start.run().upload(values, rows);
    }

    private int[] tokens(Embedding e, Start start) {
        RandomGenerator rng = start.rng();
        if (promptInit == Init.SAMPLE_VOCAB) {
            return rng.ints(virtualTokens, 0, e.weight().shape().dim(0)).toArray();
        }
        int[] text = start.tokenizer().apply(promptText);
        if (text.length == 0) {
            throw new AdapterException(
                    "prompt-tuning: prompt-text \"%s\" has no tokens, expected at least one".formatted(promptText));
        }
        return IntStream.range(0, virtualTokens).map(i -> text[i % text.length]).toArray();
    }

    /// Trained rows in the place of virtual tokens.
    ///
    /// @param rows `f32[n,C]`
    record Prompt(Param rows) implements EmbeddingAdapter {

        @Override
        public int virtualTokens() {
            return rows.value().shape().dim(0);
        }

        @Override
        public Var apply(Embedding base, Var h, Pass pass) {
            return put(h, h.tape().param(rows), pass);
        }

        /// `each` row n by n in the place of the virtual tokens of `pass`; releases `h`.
        static Var put(Var h, Var each, Pass pass) {
            int[] at = pass.rows().virtualRows();
            if (at.length == 0) return h; // the continuation of a sequence that has them
            int n = each.shape().dim(0);
            int[] from = IntStream.range(0, at.length).map(i -> i % n).toArray();
            Var repeated = indexSelect(each, h.tape().kernels().ofInts(from));
            Var y = putRows(h, repeated, at);
            repeated.release();
            h.release();
            return y;
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            throw new AdapterException("prompt-tuning: there is no merged weight of virtual tokens");
        }

        @Override
        public Prompt over(UnaryOperator<Param> values) {
            return new Prompt(values.apply(rows));
        }

        @Override
        public SequencedMap<String, Param> params() {
            SequencedMap<String, Param> m = new LinkedHashMap<>();
            m.put("prompt_embeddings", rows);
            return m;
        }
    }
}
