package dev.gradine.train.report;

import dev.gradine.align.Dpo;
import dev.gradine.align.Sft;
import dev.gradine.train.MetricsLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Folders of two runs that never were: 200 steps of fine-tuning and 80 of preference optimisation, with curves of the
/// usual shape from a seeded generator.
final class MadeUpRun {

    private MadeUpRun() {}

    static RunInfo sft(Path dir) {
        int steps = 200;
        Random rng = new Random(7);
        try (MetricsLog log = MetricsLog.create(dir.resolve(MetricsLog.FILE))) {
            for (int n = 1; n <= steps; n++) {
                double loss = 0.92 + 1.55 * Math.exp(-n / 38.0) + 0.09 * rng.nextGaussian();
                Map<String, Number> m = new LinkedHashMap<>();
                m.put("loss", loss);
                m.put("grad_norm", 0.6 + 1.9 * Math.exp(-n / 30.0) + 0.12 * Math.abs(rng.nextGaussian()));
                m.put("learning_rate", rate(n, steps, 2e-4));
                m.put("entropy", 0.85 * loss + 0.05 * rng.nextGaussian());
                m.put("mean_token_accuracy", 0.88 - 0.17 * loss + 0.01 * rng.nextGaussian());
                m.put("num_tokens", 2048L * n);
                m.put("epoch", n / 100.0);
                cost(m, rng, n, 2048);
                log.write(n, m);
                if (n % 25 == 0) {
                    double eval = 1.04 + 1.4 * Math.exp(-n / 40.0);
                    log.write(n, Map.of("eval_loss", eval));
                }
            }
        }
        return write(dir, sftInfo());
    }

    static RunInfo dpo(Path dir) {
        int steps = 80;
        Random rng = new Random(11);
        try (MetricsLog log = MetricsLog.create(dir.resolve(MetricsLog.FILE))) {
            for (int n = 1; n <= steps; n++) {
                double margin = 2.1 * (1 - Math.exp(-n / 30.0)) + 0.15 * rng.nextGaussian();
                Map<String, Number> m = new LinkedHashMap<>();
                m.put("loss", Math.log1p(Math.exp(-margin)));
                m.put("grad_norm", 3.1 + rng.nextGaussian());
                m.put("learning_rate", rate(n, steps, 5e-6));
                m.put("rewards/chosen", 0.3 * margin + 0.05 * rng.nextGaussian());
                m.put("rewards/rejected", -0.7 * margin + 0.05 * rng.nextGaussian());
                m.put("rewards/margins", margin);
                m.put("rewards/accuracies", Math.clamp(0.5 + 0.19 * margin + 0.05 * rng.nextGaussian(), 0, 1));
                m.put("logps/chosen", -84 + 3 * margin + rng.nextGaussian());
                m.put("logps/rejected", -91 - 7 * margin + rng.nextGaussian());
                m.put("num_tokens", 3072L * n);
                m.put("epoch", n / 80.0);
                cost(m, rng, n, 3072);
                log.write(n, m);
                if (n % 20 == 0) log.write(n, evalOf(1.9 * (1 - Math.exp(-n / 30.0))));
            }
        }
        RunInfo.Launch launch = new RunInfo.Launch(
                List.of(
                        "gradine",
                        "dpo",
                        "--model",
                        "models/SmolLM2-135M-Instruct",
                        "--data",
                        "pairs.jsonl",
                        "--beta",
                        "0.1"),
                "dpo",
                "0.1.0",
                "2026-11-22T09:14:00+01:00");
        RunInfo.Outcome outcome = new RunInfo.Outcome(
                evalOf(0),
                evalOf(1.77),
                List.of(new RunInfo.Sample(
                        "Is it rude to correct someone's grammar?", "Yes.", "It depends on who is listening.")),
                List.of());
        RunInfo i = sftInfo();
        var objective = new RunInfo.Objective(
                Dpo.defaults().about().title(), Dpo.defaults().metrics());
        return write(
                dir,
                new RunInfo(
                        launch,
                        i.end(),
                        i.machine(),
                        objective,
                        i.settings(),
                        i.model(),
                        i.data(),
                        i.memory(),
                        outcome));
    }

    private static Map<String, Double> evalOf(double margin) {
        Map<String, Double> m = new LinkedHashMap<>();
        m.put("eval_loss", Math.log1p(Math.exp(-margin)));
        m.put("eval_rewards/accuracies", 0.5 + 0.2 * margin);
        m.put("eval_rewards/margins", margin);
        return m;
    }

    private static double rate(int n, int steps, double peak) {
        int warm = steps / 10;
        return n <= warm ? peak * n / warm : peak * 0.5 * (1 + Math.cos(Math.PI * (n - warm) / (steps - warm)));
    }

    private static void cost(Map<String, Number> m, Random rng, int n, int tokens) {
        double seconds = 2.4 + 2.1 * Math.exp(-n / 4.0) + 0.1 * Math.abs(rng.nextGaussian());
        m.put("step_seconds", seconds);
        m.put("tokens_per_second", tokens / seconds);
        m.put("peak_memory_mb", 1180 + 90 * (1 - Math.exp(-n / 12.0)));
    }

    private static RunInfo sftInfo() {
        RunInfo.Launch launch = new RunInfo.Launch(
                List.of(
                        "gradine",
                        "sft",
                        "--model",
                        "models/SmolLM2-135M-Instruct",
                        "--data",
                        "my data/letters.jsonl",
                        "--lora",
                        "r=16"),
                "sft",
                "0.1.0",
                "2026-11-22T06:46:20Z");
        RunInfo.Machine machine =
                new RunInfo.Machine("AMD EPYC 7B13", 8, 24105, 256, "Linux 6.1 amd64", "Eclipse Adoptium 25.0.3");
        return RunInfo.begun(launch, machine, settings())
                .with(new RunInfo.Objective(
                        Sft.defaults().about().title(), Sft.defaults().metrics()))
                .with(new RunInfo.Model("models/SmolLM2-135M-Instruct", "safetensors, BF16", 136_736_064, 2_220_864))
                .with(new RunInfo.Data(List.of("my data/letters.jsonl"), 1600, 64, 204_800))
                .with(new RunInfo.Memory(1270, 551.3, 402.8))
                .with(new RunInfo.Outcome(
                        Map.of("eval_loss", 2.412, "eval_mean_token_accuracy", 0.471),
                        Map.of("eval_loss", 1.049, "eval_mean_token_accuracy", 0.702),
                        samples(),
                        List.of("3 of 1603 rows were longer than 1024 tokens and were cut at the end.")))
                .with(new RunInfo.End(RunInfo.Status.FINISHED, "", "2026-11-22T06:54:51Z", 511.4));
    }

    private static Map<String, Object> settings() {
        Map<String, Object> s = new LinkedHashMap<>();
        s.put("learning_rate", 2e-4);
        s.put("lr_scheduler", "cosine");
        s.put("warmup_ratio", 0.1);
        s.put("epochs", 2);
        s.put("batch_size", 4);
        s.put("gradient_accumulation", 4);
        s.put("max_length", 1024);
        s.put("lora_r", 16);
        s.put("lora_alpha", 32);
        s.put("target_modules", List.of("q_proj", "k_proj", "v_proj", "o_proj"));
        s.put("seed", 42);
        return s;
    }

    private static List<RunInfo.Sample> samples() {
        List<RunInfo.Sample> samples = new ArrayList<>();
        samples.add(new RunInfo.Sample(
                "Write a two-line thank-you note to a neighbour who watered the plants.",
                "Thank you thank you for the plants. The plants are plants and the water is the "
                        + "water of the plants, and the"
                        + " plants are thank you.",
                "Dear Ruth,\nthe ferns have never looked better. Thank you for keeping them, and me, out of trouble."));
        samples.add(new RunInfo.Sample(
                "Which is heavier, a litre of water or a litre of oil?",
                "A litre of oil is a litre of water.",
                "The litre of water: oil floats on it, so the same volume of oil weighs less."));
        return samples;
    }

    private static RunInfo write(Path dir, RunInfo info) {
        info.write(dir);
        return info;
    }
}
