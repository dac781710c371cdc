package dev.gradine.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.ContinuousBatch;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.tensor.Kernels;
import java.lang.management.ManagementFactory;
import picocli.CommandLine.Option;

/// How much is written at once.
final class ServeRoomArgs {

    private static final int SAMPLE = 64; // tokens by which a cache is measured
    private static final double SHARE = 0.25; // of the machine's memory, where nothing is said
    private static final double GIB = 1L << 30;

    @Option(
            names = "--max-model-len",
            defaultValue = "0",
            paramLabel = "N",
            description = "Most tokens of a prompt and its text together; 0 for as many as the model has positions"
                    + " (default ${DEFAULT-VALUE}).")
    private int maxModelLen;

    @Option(
            names = "--max-num-seqs",
            defaultValue = "64",
            paramLabel = "N",
            description = "Most texts written at once; more wait (default ${DEFAULT-VALUE}).")
    private int maxNumSeqs;

    @Option(
            names = "--max-num-batched-tokens",
            defaultValue = "512",
            paramLabel = "N",
            description = "Tokens of prompts read before the other texts get their next token; a piece of a prompt,"
                    + " 288 tokens, is read whole (default ${DEFAULT-VALUE}).")
    private int maxNumBatchedTokens;

    @Option(
            names = "--max-queue",
            defaultValue = "256",
            paramLabel = "N",
            description = "Most requests that wait; more are refused with status 429 (default ${DEFAULT-VALUE}).")
    private int maxQueue;

    @Option(
            names = "--kv-cache-memory",
            defaultValue = "0",
            paramLabel = "GIB",
            description = "Most memory for keys and values, those of prompts that may come again included; 0 for a"
                    + " quarter of the machine's memory, or less if that is of no use (default ${DEFAULT-VALUE}).")
    private double kvCacheMemory;

    int maxQueue() {
        return maxQueue;
    }

    /// Tokens of a prompt and its text.
    int maxTokens(CausalLm model) {
        if (maxModelLen < 0 || maxModelLen > model.maxPositions()) {
            throw new IllegalArgumentException(
                    "--max-model-len: %d, expected 0 to %d".formatted(maxModelLen, model.maxPositions()));
        }
        return maxModelLen == 0 ? model.maxPositions() : maxModelLen;
    }

    /// Tokens of a prompt and its text that there is room for.
    int longest(CausalLm model, Room room) {
        return Math.min(maxTokens(model), room.tokens());
    }

    /// The room of a batch. Where nothing was asked for, texts may have fewer tokens than the model has positions.
    ///
    /// @throws IllegalArgumentException names the option that is out of range
    Room of(CausalLm model, Kernels run) {
        require("--max-num-seqs", maxNumSeqs);
        require("--max-num-batched-tokens", maxNumBatchedTokens);
        require("--max-queue", maxQueue);
        double bytes = kvCacheMemory > 0 ? kvCacheMemory * GIB : SHARE * machine();
        long fits = (long) (bytes / perToken(model, run));
        int longest = maxTokens(model);
        if (fits < longest && (kvCacheMemory > 0 || maxModelLen > 0)) {
            throw new IllegalArgumentException(
                    "--kv-cache-memory: %.2f GiB hold %d tokens, expected at least %d (--max-model-len)"
                            .formatted(bytes / GIB, fits, longest));
        }
        long tokens = Math.min(fits, (long) maxNumSeqs * ContinuousBatch.whole(longest));
        return new Room((int) Math.min(Integer.MAX_VALUE, tokens), maxNumSeqs, maxNumBatchedTokens);
    }

    private static void require(String option, int value) {
        if (value < 1) throw new IllegalArgumentException(option + ": " + value + ", expected at least 1");
    }

    private static long machine() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }

    private static double perToken(CausalLm model, Kernels run) {
        try (Kernels k = run.openStep()) {
            long before = k.bytesInUse();
            model.newCache(k, SAMPLE);
            return Math.max(1, (double) (k.bytesInUse() - before) / SAMPLE);
        }
    }
}
