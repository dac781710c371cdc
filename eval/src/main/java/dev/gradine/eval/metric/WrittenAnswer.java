package dev.gradine.eval.metric;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.Field;
import dev.gradine.eval.model.GenerationRule;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/// A text that the model writes: `generate_until`.
///
/// @param target the right text, or several of which any counts
/// @param rule how it is written
/// @param filters ways to look at it: each gives numbers of its own
/// @param asked metrics; none where a text is only to be written down, such as a program that is not run
///     here
public record WrittenAnswer(Field target, GenerationRule rule, List<FilterChain> filters, List<AnswerMetric> asked)
        implements Question {

    /// Copies the lists.
    public WrittenAnswer {
        filters = List.copyOf(filters);
        asked = List.copyOf(asked);
    }

    @Override
    public String outputType() {
        return "generate_until";
    }

    @Override
    public List<Request> requests(Document doc, String context, String delimiter) {
        return List.of(new Request.Generate(context, rule));
    }

    @Override
    public List<Graded> grade(Document doc, List<Response> answers) {
        if (!(answers.getFirst() instanceof Response.Written w)) throw new IllegalArgumentException("answer: no text");
        List<String> right =
                target.targets(doc, false).stream().map(String::valueOf).toList();
        List<Graded> all = new ArrayList<>();
        for (FilterChain filter : filters) {
            String answer = filter.apply(w.text());
            SequencedMap<String, Point> points = new LinkedHashMap<>();
            for (AnswerMetric m : asked) points.put(m.info().name(), Point.of(best(m, answer, right)));
            all.add(new Graded(filter.name(), List.of(answer), points));
        }
        return all;
    }

    private static double best(AnswerMetric m, String answer, List<String> right) {
        return right.stream().mapToDouble(r -> m.of(answer, r)).max().orElse(0);
    }

    @Override
    public Object target(Document doc) {
        List<Object> all = target.targets(doc, false);
        return all.size() == 1
                ? String.valueOf(all.getFirst())
                : all.stream().map(String::valueOf).collect(Collectors.toList());
    }

    @Override
    public List<MetricInfo> metrics() {
        return asked.stream().map(AnswerMetric::info).toList();
    }
}
