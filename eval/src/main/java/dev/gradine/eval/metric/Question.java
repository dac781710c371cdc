package dev.gradine.eval.metric;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import java.util.List;

/// How a task asks and grades: its `output_type`.
public sealed interface Question permits MultipleChoice, SingleLikelihood, RollingText, WrittenAnswer {

    /// Name of the filter that changes nothing.
    String NO_FILTER = "none";

    /// Its name in a task file.
    String outputType();

    /// What is asked of a document.
    ///
    /// @param context the prompt
    /// @param delimiter what stands between it and an answer
    List<Request> requests(Document doc, String context, String delimiter);

    /// What the answers are worth: one entry a filter.
    List<Graded> grade(Document doc, List<Response> answers);

    /// What is right, as a sample shows it.
    Object target(Document doc);

    /// Its metrics.
    List<MetricInfo> metrics();
}
