package dev.gradine.train.live;

import dev.gradine.train.report.Html;
import java.util.List;
import java.util.Map;

/// AnswersOnTheWay on the way as markup: for each prompt the first and the latest.
final class AnswersOnTheWay {

    private AnswersOnTheWay() {}

    static String html(Map<String, List<WatchedRun.Answer>> said) {
        StringBuilder html = new StringBuilder();
        said.forEach((prompt, answers) -> {
            html.append("<article><h3>").append(Html.text(prompt)).append("</h3>\n<div class=\"pair\">");
            html.append(answer("before", answers.getFirst()));
            if (answers.size() > 1) html.append(answer("after", answers.getLast()));
            html.append("</div></article>\n");
        });
        return html.toString();
    }

    private static String answer(String kind, WatchedRun.Answer a) {
        return "<div class=\"%s\"><h4>step %d</h4><p>%s</p></div>".formatted(kind, a.step(), Html.text(a.text()));
    }
}
