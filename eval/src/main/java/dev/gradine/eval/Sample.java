package dev.gradine.eval;

import dev.gradine.eval.document.Document;
import dev.gradine.eval.metric.Graded;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import java.util.List;

/// One item of a task, with what was asked and answered.
///
/// @param doc the row
/// @param target what is right
/// @param requests what was asked
/// @param responses what was answered, one a request
/// @param graded what that is worth, one entry a filter
public record Sample(
        Document doc, Object target, List<Request> requests, List<Response> responses, List<Graded> graded) {}
