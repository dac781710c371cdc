package dev.gradine.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// What the outputs of a classifier stand for.
///
/// @param names of the labels, in the order of the outputs
/// @param problem what is asked of a text
public record Labels(List<String> names, Problem problem) {

    private static final String UNNAMED = "LABEL_"; // and a number, as transformers calls them

    /// What is asked of a text: `problem_type` in Hugging Face's configurations.
    public enum Problem {
        /// Numbers.
        REGRESSION,
        /// Which one of the labels it has.
        SINGLE_LABEL,
        /// Which of the labels it has.
        MULTI_LABEL,
        /// What the kind of its labels says, as the configuration says nothing.
        UNSAID
    }

    /// Makes the list its own.
    public Labels {
        names = List.copyOf(names);
    }

    /// One number, as of a reward model.
    public static Labels score() {
        return new Labels(List.of("score"), Problem.UNSAID);
    }

    /// Those of a configuration: `id2label`, or `num_labels` of them, or `otherwise`.
    ///
    /// @throws ConfigException names the key that cannot be used
    public static Labels of(ModelConfig c, int otherwise) {
        List<String> names = new ArrayList<>();
        ModelConfig named = c.object("id2label");
        int count = named.isEmpty() ? c.positive("num_labels", otherwise) : named.size();
        for (int i = 0; i < count; i++) {
            String key = String.valueOf(i);
            if (!named.isEmpty() && !named.has(key)) throw named.wrong(key, "the name of label " + i);
            names.add(named.text(key, UNNAMED + i));
        }
        String type = c.oneOf(
                "problem_type", "", "", "regression", "single_label_classification", "multi_label_classification");
        return new Labels(
                names,
                switch (type) {
                    case "regression" -> Problem.REGRESSION;
                    case "single_label_classification" -> Problem.SINGLE_LABEL;
                    case "multi_label_classification" -> Problem.MULTI_LABEL;
                    default -> Problem.UNSAID;
                });
    }

    /// As many of which no names are known.
    public static Labels numbered(int count) {
        return new Labels(IntStream.range(0, count).mapToObj(i -> UNNAMED + i).toList(), Problem.UNSAID);
    }

    /// Fails unless texts of other labels can be learnt with these: as few, or of names that are among
    /// these.
    ///
    /// @param whose names these in the message, such as `the model`
    /// @throws IllegalArgumentException names what does not fit
    public void requireTake(Labels others, String whose) {
        boolean isOne = count() == 1;
        boolean areNamed = others.names.stream().anyMatch(name -> !name.startsWith(UNNAMED));
        boolean fits = isOne == (others.count() == 1)
                && others.count() <= count()
                && (isOne || !areNamed || names.containsAll(others.names));
        if (fits) return;
        throw new IllegalArgumentException(
                "labels: the rows have %s, expected some of %s (those of %s)".formatted(others.names, names, whose));
    }

    /// How many there are, L.
    public int count() {
        return names.size();
    }

    /// What is asked where texts have labels of a kind, by transformers' rule: what the configuration says; else one
    /// output is a number, whole labels are classes, and others say of each label whether a text has it.
    ///
    /// @param isWhole whether the labels are whole numbers
    public Problem asked(boolean isWhole) {
        if (problem != Problem.UNSAID) return problem;
        if (count() == 1) return Problem.REGRESSION;
        return isWhole ? Problem.SINGLE_LABEL : Problem.MULTI_LABEL;
    }

    /// What is shown of one text's outputs, as transformers' pipeline does it.
    ///
    /// ```
    /// numbers          z
    /// several labels   σ(z)          also of a single output, where the configuration says nothing
    /// one of them      softmax(z)
    /// ```
    public double[] shown(float[] z) {
        double[] p = new double[z.length];
        boolean isEach = problem == Problem.MULTI_LABEL || count() == 1;
        double largest = 0;
        for (float v : z) largest = Math.max(largest, v);
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            if (problem == Problem.REGRESSION) p[i] = z[i];
            else p[i] = isEach ? 1 / (1 + Math.exp(-z[i])) : Math.exp(z[i] - largest);
            sum += p[i];
        }
        if (!isEach && problem != Problem.REGRESSION) for (int i = 0; i < p.length; i++) p[i] /= sum;
        return p;
    }
}
