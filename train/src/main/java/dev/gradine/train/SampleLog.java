package dev.gradine.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `samples.jsonl`: what the model answers to the prompts on the way, one answer a line.
///
/// ```
/// {"step":40,"prompt":"…","answer":"…"}
/// ```
public final class SampleLog {

    /// Name of the file in a run's folder.
    public static final String FILE = "samples.jsonl";

    private final StepLog log;

    /// @param from steps taken; what was answered later is dropped, for it will be answered again
    SampleLog(Path out, int from) {
        log = new StepLog(out.resolve(FILE), from);
    }

    void write(int step, List<Samples.Answer> answers) {
        for (Samples.Answer a : answers) {
            Map<String, String> line = new LinkedHashMap<>();
            line.put("prompt", a.prompt());
            line.put("answer", a.text());
            log.write(step, line);
        }
    }
}
