package dev.gradine.cli.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// One item of an evaluation, as a line of `samples_….jsonl` has it.
///
/// @param key task, number and filter: what the same item of another evaluation has, too
/// @param prompt what was asked
/// @param answer what was answered; of choices each with its log-probability, the likeliest marked
/// @param target what is right
/// @param scores by metric; only those that are one number
record EvalItem(String key, String prompt, String answer, String target, Map<String, Double> scores) {

    static EvalItem of(String task, JsonNode line) {
        String filter = line.path("filter").asString("");
        String key = "%s #%d%s"
                .formatted(
                        task,
                        line.path("doc_id").asInt(),
                        filter.equals("none") || filter.isEmpty() ? "" : ", " + filter);
        Map<String, Double> scores = new LinkedHashMap<>();
        for (JsonNode metric : line.path("metrics")) {
            JsonNode value = line.path(metric.asString());
            if (value.isNumber()) scores.put(metric.asString(), value.asDouble());
        }
        JsonNode target = line.path("target");
        return new EvalItem(
                key,
                line.at("/arguments/gen_args_0/arg_0").asString(""),
                answer(line),
                target.isString() ? target.asString() : target.toString(),
                scores);
    }

    private static String answer(JsonNode line) {
        JsonNode filtered = line.path("filtered_resps");
        if (!filtered.path(0).isArray()) {
            String kept = filtered.path(0).asString("");
            String said = line.at("/resps/0/0").asString("");
            return kept.equals(said) ? said : said + "\n\n→ " + kept;
        }
        List<Double> values = new ArrayList<>();
        for (JsonNode choice : filtered)
            values.add(Double.parseDouble(choice.path(0).asString("NaN")));
        double most = values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            String choice = line.at("/arguments/gen_args_%d/arg_1".formatted(i)).asString("");
            text.append("%s %9.3f %s%n".formatted(values.get(i) == most ? "▸" : " ", values.get(i), choice));
        }
        return text.toString().stripTrailing();
    }
}
