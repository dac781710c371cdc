package dev.gradine.align;

import dev.gradine.autograd.Var;
import dev.gradine.data.Row;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledText;
import dev.gradine.data.encode.LabelledTextEncoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.Labels;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.List;

/// A classifier: which of several labels a text has, or which number.
///
/// ```
/// L = −log softmax(z)[y]           with one output    L = (z − y)²
/// ```
///
/// where z is what the head says of a whole text: transformers' `…ForSequenceClassification`. Devlin et
/// al. 2018 (arXiv:1810.04805), section 4.1; accuracy and F1 as scikit-learn has them, F1 a mean over the
/// labels that are given or expected anywhere.
///
/// @param numLabels outputs; 0 for as many as the rows have labels
@Usual(from = 1e-5, to = 0.001, why = "a fresh head has all to learn", source = "Hu et al. 2021, table 9: 2e-4 to 5e-4")
public record Classify(
        @Option(
                says = "Labels there are: 1 for a number, which is learnt by its squared error.",
                label = "N",
                otherwise = "those of the rows",
                least = 0)
        @Usual(
                from = 0,
                to = 1000,
                why = "0 takes the labels of the rows; 1 learns a number",
                source = "transformers: num_labels")
        int numLabels)
        implements Recipe<LabelledText> {

    /// As many labels as the rows have.
    public static Classify defaults() {
        return new Classify(0);
    }

    private boolean isNumber() {
        return numLabels == 1;
    }

    @Override
    public About about() {
        return new About(
                "classify",
                "Classifier",
                "Train a head for labels, with LoRA below it, on texts and what they are.",
                5e-4);
    }

    @Override
    public Encoder<LabelledText> encoder(TextCodec codec, int maxLength, int batch) {
        return new LabelledTextEncoder(codec, maxLength);
    }

    @Override
    public Reading reading() {
        return Reading.SCORES;
    }

    @Override
    public Labels labels(Iterable<Row> rows) {
        return KnownLabels.of(rows, numLabels);
    }

    @Override
    public List<LabelledTokens> sequences(LabelledText example) {
        return List.of(example.text());
    }

    @Override
    public Var loss(Scored<LabelledText> batch) {
        TextOutputs out = batch.outputs();
        LabelLoss loss = new LabelLoss(out.labels());
        if (!isNumber()) return loss.each(out.z(), expected(batch));
        float[] y = new float[batch.examples().size()];
        for (int i = 0; i < y.length; i++)
            y[i] = (float) KnownLabels.number(batch.examples().get(i).label());
        return loss.each(out.z(), y);
    }

    private static int[] expected(Scored<LabelledText> batch) {
        KnownLabels known = new KnownLabels(batch.outputs().labels());
        return batch.examples().stream().mapToInt(e -> known.index(e.label())).toArray();
    }

    @Override
    public List<Metric> metrics() {
        if (isNumber()) {
            return List.of(
                    Metric.loss("squared error"),
                    new Metric("mean_error", "", "Mean absolute error", Metric.Better.LOWER, "Mean error", true));
        }
        return List.of(
                Metric.loss("nats per text"),
                Metric.rising("f1", Metric.SHARE, "F1, mean over labels").in("Labels"),
                Metric.rising("accuracy", Metric.SHARE, "Texts with the right label")
                        .in("Labels")
                        .asHeadline());
    }

    @Override
    public void measure(Scored<LabelledText> batch, MeanMetrics m) {
        float[] z = batch.kernels().download(batch.outputs().z().value());
        if (isNumber()) {
            for (int i = 0; i < z.length; i++) {
                m.add(
                        "mean_error",
                        Math.abs(z[i]
                                - KnownLabels.number(batch.examples().get(i).label())),
                        1);
            }
            return;
        }
        int count = batch.outputs().labels().count();
        int[] expected = expected(batch);
        for (int i = 0; i < expected.length; i++) {
            int given = likeliest(z, i * count, count);
            m.add("accuracy", given == expected[i] ? 1 : 0, 1);
            // F1 = 2 hits / (given + expected), of each label
            m.add("f1", String.valueOf(given), given == expected[i] ? 1 : 0, 1);
            m.add("f1", String.valueOf(expected[i]), given == expected[i] ? 1 : 0, 1);
        }
    }

    private static int likeliest(float[] z, int from, int count) {
        int best = 0;
        for (int l = 1; l < count; l++) if (z[from + l] > z[from + best]) best = l;
        return best;
    }
}
