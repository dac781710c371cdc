package dev.gradine.eval.task;

import dev.gradine.eval.document.Field;
import dev.gradine.eval.metric.AnswerFilter;
import dev.gradine.eval.metric.AnswerMetric;
import dev.gradine.eval.metric.ChoiceMetric;
import dev.gradine.eval.metric.FilterChain;
import dev.gradine.eval.metric.MultipleChoice;
import dev.gradine.eval.metric.Question;
import dev.gradine.eval.metric.RollingText;
import dev.gradine.eval.metric.SingleLikelihood;
import dev.gradine.eval.metric.WrittenAnswer;
import dev.gradine.eval.model.GenerationRule;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.List;

/// What of a task's keys says how it asks and grades: `output_type`, `metric_list`, `filter_list`,
/// `generation_kwargs`.
final class TaskQuestions {

    private static final String MASS = "probability_mass";

    private TaskQuestions() {}

    static Question of(TaskKeys keys) {
        Field target = keys.field("doc_to_target");
        return switch (keys.text("output_type", "generate_until")) {
            case "multiple_choice" -> new MultipleChoice(keys.field("doc_to_choice"), target, choiceMetrics(keys));
            case "loglikelihood" -> {
                requireNames(keys, List.of("perplexity", "acc"));
                yield new SingleLikelihood(target);
            }
            case "loglikelihood_rolling" -> {
                requireNames(keys, List.of("word_perplexity", "byte_perplexity", "bits_per_byte", "token_perplexity"));
                yield new RollingText(target);
            }
            case "generate_until" -> new WrittenAnswer(target, generation(keys), filters(keys), answerMetrics(keys));
            default ->
                throw keys.fault(
                        "output_type",
                        "is %s, expected multiple_choice, loglikelihood, loglikelihood_rolling or generate_until"
                                .formatted(keys.text("output_type")));
        };
    }

    /// These are computed always.
    private static void requireNames(TaskKeys keys, List<String> names) {
        for (TaskKeys m : keys.parts("metric_list")) {
            String name = metric(m);
            m.requireAllKnown();
            if (!names.contains(name)) throw m.fault(name, "is not computed here, expected one of " + names);
        }
    }

    private static String metric(TaskKeys m) {
        m.ignore("aggregation", "higher_is_better");
        return m.text("metric");
    }

    private static List<ChoiceMetric> choiceMetrics(TaskKeys keys) {
        if (keys.has("process_results")) {
            if (!keys.text("process_results").equals(MASS)) {
                throw keys.fault("process_results", "is no function of Python here, expected " + MASS);
            }
            requireNames(keys, List.of("acc"));
            return List.of(ChoiceMetric.PROBABILITY_MASS);
        }
        if (!keys.has("metric_list")) return List.of(ChoiceMetric.ACC, ChoiceMetric.ACC_NORM);
        List<ChoiceMetric> all = new ArrayList<>();
        for (TaskKeys m : keys.parts("metric_list")) {
            all.add(ChoiceMetric.named(metric(m)));
            m.requireAllKnown();
        }
        return all;
    }

    private static List<AnswerMetric> answerMetrics(TaskKeys keys) {
        List<AnswerMetric> all = new ArrayList<>();
        if (!keys.has("metric_list")) all.add(AnswerMetric.ExactMatch.of(List.of(), false, false, false));
        for (TaskKeys m : keys.parts("metric_list")) {
            switch (metric(m)) {
                case "exact_match" ->
                    all.add(AnswerMetric.ExactMatch.of(
                            m.texts("regexes_to_ignore"),
                            m.flag("ignore_case"),
                            m.flag("ignore_punctuation"),
                            m.flag("ignore_numbers")));
                case "numbers_equal" -> all.add(new AnswerMetric.NumbersEqual());
                case "bypass" -> {} // written down, not graded
                default ->
                    throw m.fault(
                            metric(m), "is not computed here, expected one of exact_match, numbers_equal, bypass");
            }
            m.requireAllKnown();
        }
        return all;
    }

    private static List<FilterChain> filters(TaskKeys keys) {
        if (!keys.has("filter_list")) return List.of(FilterChain.none());
        List<FilterChain> all = new ArrayList<>();
        for (TaskKeys chain : keys.parts("filter_list")) {
            List<AnswerFilter> steps = new ArrayList<>();
            for (TaskKeys step : chain.parts("filter")) addStep(step, steps);
            all.add(new FilterChain(chain.text("name"), steps));
            chain.requireAllKnown();
        }
        return all;
    }

    private static void addStep(TaskKeys step, List<AnswerFilter> steps) {
        switch (step.text("function")) {
            case "take_first" -> {} // there is one answer
            case "regex" ->
                steps.add(AnswerFilter.Regex.of(
                        step.text("regex_pattern", "#### (\\-?[0-9\\.\\,]+)"),
                        step.whole("group_select", 0),
                        step.text("fallback", "[invalid]")));
            case "remove_whitespace" -> steps.add(new AnswerFilter.Strip());
            case "lowercase" -> steps.add(new AnswerFilter.Case(false));
            case "uppercase" -> steps.add(new AnswerFilter.Case(true));
            default ->
                throw step.fault(
                        "function",
                        "is %s, expected one of take_first, regex, remove_whitespace, lowercase, uppercase"
                                .formatted(step.text("function")));
        }
        step.requireAllKnown();
    }

    private static GenerationRule generation(TaskKeys keys) {
        TaskKeys g = keys.inside("generation_kwargs");
        int tokens = 256;
        for (String alias : List.of("max_completion_tokens", "max_tokens", "max_new_tokens", "max_gen_toks")) {
            tokens = g.whole(alias, tokens);
        }
        boolean samples = g.flag("do_sample");
        double temperature = g.number("temperature", samples ? 1 : 0);
        double topP = g.number("top_p", 1);
        int topK = g.whole("top_k", 0);
        List<String> until = g.has("until") ? g.texts("until") : List.of(keys.text("fewshot_delimiter", "\n\n"));
        g.requireAllKnown();
        SamplingParams params =
                samples && temperature > 0 ? new SamplingParams(temperature, topK, topP) : SamplingParams.GREEDY;
        return new GenerationRule(until, tokens, params);
    }
}
