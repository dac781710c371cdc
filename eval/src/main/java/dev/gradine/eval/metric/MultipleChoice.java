package dev.gradine.eval.metric;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.Field;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;

/// One log-probability a choice, behind the same context: `multiple_choice`.
///
/// @param choices the choices of a document
/// @param target the number or the text of the right one, or of several
/// @param asked metrics
public record MultipleChoice(Field choices, Field target, List<ChoiceMetric> asked) implements Question {

    /// Copies the list.
    public MultipleChoice {
        asked = List.copyOf(asked);
    }

    @Override
    public String outputType() {
        return "multiple_choice";
    }

    @Override
    public List<Request> requests(Document doc, String context, String delimiter) {
        List<String> texts = choices.texts(doc);
        List<Request> all = new ArrayList<>();
        for (String text : texts) all.add(new Request.LogLikelihood(context, delimiter + text));
        if (asked.contains(ChoiceMetric.ACC_MUTUAL_INFO)) {
            for (String text : texts) all.add(new Request.LogLikelihood("", delimiter + text));
        }
        return all;
    }

    @Override
    public List<Graded> grade(Document doc, List<Response> answers) {
        List<String> texts = choices.texts(doc);
        Choices all = new Choices(texts, answers, right(doc, texts));
        SequencedMap<String, Point> points = new LinkedHashMap<>();
        for (ChoiceMetric m : asked) points.put(m.info().name(), Point.of(m.of(all)));
        return List.of(new Graded(
                NO_FILTER, answers.stream().map(a -> (Object) a.shown()).toList(), points));
    }

    private Set<Integer> right(Document doc, List<String> texts) {
        Set<Integer> right = new LinkedHashSet<>();
        for (Object t : target.targets(doc, true)) {
            int i = t instanceof Number n ? n.intValue() : texts.indexOf(t);
            if (i < 0 || i >= texts.size()) {
                throw new IllegalArgumentException("%s: document %d: %s is none of its %d choices"
                        .formatted(target.where(), doc.id(), t, texts.size()));
            }
            right.add(i);
        }
        return right;
    }

    @Override
    public Object target(Document doc) {
        List<Object> all = target.targets(doc, true);
        return all.size() == 1 ? all.getFirst() : all;
    }

    @Override
    public List<MetricInfo> metrics() {
        return asked.stream().map(ChoiceMetric::info).toList();
    }
}
