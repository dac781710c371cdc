package dev.gradine.cli;

import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.LoraConfig;
import dev.gradine.peft.Targets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What of the model is trained: shared by the training commands.
final class LoraArgs {

    @Option(
            names = "--init-adapter",
            paramLabel = "DIR",
            description = "Continue from this adapter instead of a fresh one; its configuration holds then.")
    private @Nullable Path initAdapter;

    @Option(
            names = "--rank",
            defaultValue = "16",
            paramLabel = "R",
            description = "Inner width of the low-rank path (default ${DEFAULT-VALUE}).")
    private int rank;

    @Option(
            names = "--alpha",
            paramLabel = "X",
            description = "Numerator of the scale alpha / rank (default twice the rank).")
    private @Nullable Double alpha;

    @Option(
            names = "--targets",
            defaultValue = "all-linear",
            paramLabel = "NAMES|REGEX",
            description = "Layers to adapt: names separated by commas, a regular expression of the whole path,"
                    + " or all-linear (default).")
    private String targets = "";

    @Option(names = "--exclude", split = ",", paramLabel = "NAMES", description = "Targets to leave out.")
    private List<String> exclude = new ArrayList<>();

    @Option(
            names = "--rank-pattern",
            split = ",",
            paramLabel = "REGEX=R",
            description = "Other ranks for paths that end with a pattern.")
    private Map<String, Integer> rankPattern = new LinkedHashMap<>();

    @Option(
            names = "--alpha-pattern",
            split = ",",
            paramLabel = "REGEX=X",
            description = "Other alphas for paths that end with a pattern.")
    private Map<String, Double> alphaPattern = new LinkedHashMap<>();

    @Option(names = "--layers", split = ",", paramLabel = "N", description = "Adapt only blocks of these numbers.")
    private List<Integer> layers = new ArrayList<>();

    @Option(
            names = "--modules-to-save",
            split = ",",
            paramLabel = "NAMES",
            description = "Modules trained as whole copies, such as lm_head.")
    private List<String> modulesToSave = new ArrayList<>();

    @Option(
            names = "--dropout",
            defaultValue = "0",
            paramLabel = "P",
            description = "Probability of dropping a value of an adapter's input (default ${DEFAULT-VALUE}).")
    private float dropout;

    @Option(names = "--rslora", description = "Scale by alpha / √rank.")
    private boolean rsLora;

    boolean continues() {
        return initAdapter != null;
    }

    /// Tells one start from another: SHA-256 of the adapter continued from, empty for a fresh one, which
    /// computes what the base does.
    String startDigest() {
        if (initAdapter == null) return "";
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(Files.readAllBytes(initAdapter.resolve(AdapterFolder.CONFIG)));
            sha.update(Files.readAllBytes(initAdapter.resolve(AdapterFolder.WEIGHTS)));
            return HexFormat.of().formatHex(sha.digest());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Puts the adapter to be trained on the model.
    AdapterSet adapt(LoadedModel m, long seed) {
        if (initAdapter != null) return AdapterFolder.load(initAdapter, m.model(), m.run());
        return AdapterSet.fresh(m.model(), config(), m.run(), new SplittableRandom(seed));
    }

    private LoraConfig config() {
        return new LoraConfig(
                rank,
                alpha == null ? 2.0 * rank : alpha,
                dropout,
                rsLora,
                Targets.parse(targets),
                exclude,
                new LinkedHashMap<>(rankPattern),
                new LinkedHashMap<>(alphaPattern),
                layers,
                layers.isEmpty() ? List.of() : List.of("layers"),
                modulesToSave);
    }

    /// What decides the result of a run, for its report and for resuming.
    void describe(Map<String, Object> settings) {
        if (initAdapter != null) {
            settings.put("init-adapter", initAdapter.toString());
            return;
        }
        settings.put("rank", rank);
        settings.put("alpha", alpha == null ? 2.0 * rank : alpha);
        settings.put("targets", targets);
        if (!exclude.isEmpty()) settings.put("exclude", exclude);
        if (!rankPattern.isEmpty()) settings.put("rank-pattern", rankPattern);
        if (!alphaPattern.isEmpty()) settings.put("alpha-pattern", alphaPattern);
        if (!layers.isEmpty()) settings.put("layers", layers);
        if (!modulesToSave.isEmpty()) settings.put("modules-to-save", modulesToSave);
        settings.put("dropout", dropout);
        settings.put("rslora", rsLora);
    }
}
