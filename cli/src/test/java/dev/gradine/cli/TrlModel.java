package dev.gradine.cli;

import dev.gradine.testkit.Golden;
import java.nio.file.Path;

/// The golden base model of TRL's runs, and adapters that those runs ended with.
final class TrlModel {

    static final Path BASE = Golden.golden("trl/base");

    private TrlModel() {}

    static Path adapter(String run) {
        return Golden.golden("trl/" + run + "/end");
    }

    /// As options name an adapter: `run=DIR`.
    static String named(String run) {
        return run + "=" + adapter(run);
    }

    /// The likeliest 12 tokens that `gradine generate` writes with an adapter.
    static String generated(String run, String prompt) {
        Object[] args = {"generate", "--model", BASE, "--adapter", adapter(run), "--prompt", prompt};
        Object[] rule = {"--temperature", 0, "--max-tokens", 12};
        Object[] all = new Object[args.length + rule.length];
        System.arraycopy(args, 0, all, 0, args.length);
        System.arraycopy(rule, 0, all, args.length, rule.length);
        return Cli.run(all).ok().out().strip();
    }
}
