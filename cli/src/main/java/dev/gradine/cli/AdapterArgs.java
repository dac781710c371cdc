package dev.gradine.cli;

import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Start;
import dev.gradine.peft.Targets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What of the model is trained, and how: shared by the training commands. Options of single methods come from the
/// methods themselves.
final class AdapterArgs {

    @Option(
            names = "--init-adapter",
            paramLabel = "DIR",
            description = "Continue from this adapter instead of a fresh one; its configuration holds then.")
    private @Nullable Path initAdapter;

    @Option(
            names = "--adapter",
            defaultValue = "lora",
            paramLabel = "METHOD",
            completionCandidates = MethodNames.class,
            description = "Method of a fresh adapter: ${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE}).")
    private String method = "lora";

    @Option(
            names = "--targets",
            paramLabel = "NAMES|REGEX",
            description = "Layers to adapt: names separated by commas, a regular expression of the whole path,"
                    + " or all-linear. Default: as the method's authors have it; all-linear with lora.")
    private @Nullable String targets;

    @Option(names = "--exclude", split = ",", paramLabel = "NAMES", description = "Targets to leave out.")
    private List<String> exclude = new ArrayList<>();

    @Option(names = "--layers", split = ",", paramLabel = "N", description = "Adapt only blocks of these numbers.")
    private List<Integer> layers = new ArrayList<>();

    @Option(
            names = "--modules-to-save",
            split = ",",
            paramLabel = "NAMES",
            description = "Modules trained as whole copies, such as lm_head.")
    private List<String> modulesToSave = new ArrayList<>();

    private final MethodOptions options = new MethodOptions();

    /// Names for the help text.
    private static final class MethodNames extends ArrayList<String> {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        MethodNames() {
            super(Methods.names());
        }
    }

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void addOptions(CommandSpec command) {
        options.addTo(command);
    }

    boolean continues() {
        return initAdapter != null;
    }

    /// Tells one start from another: SHA-256 of the adapter continued from, empty for a fresh one.
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

    /// The adapter to be trained.
    AdapterSet adapt(LoadedModel m, long seed) {
        if (initAdapter != null) return AdapterFolder.load(initAdapter, m.model(), m.run());
        Start start = new Start(
                m.run(),
                new SplittableRandom(seed),
                0,
                text -> m.codecFor(false).tokenizer().encode(text, false));
        return AdapterSet.fresh(m.model(), options.of(method), selection(), start);
    }

    private Selection selection() {
        return new Selection(
                targets(), exclude, layers, layers.isEmpty() ? List.of() : List.of("layers"), modulesToSave);
    }

    private Targets targets() {
        return targets == null ? options.of(method).usualTargets() : Targets.parse(targets);
    }

    /// What decides the result of a run, for its report and for resuming.
    void describe(Map<String, Object> settings) {
        if (initAdapter != null) {
            settings.put("init-adapter", initAdapter.toString());
            return;
        }
        Method how = options.of(method);
        settings.put("adapter", method);
        settings.put("targets", targets == null ? MethodOptions.shown(how.usualTargets()) : targets);
        if (!exclude.isEmpty()) settings.put("exclude", exclude);
        if (!layers.isEmpty()) settings.put("layers", layers);
        if (!modulesToSave.isEmpty()) settings.put("modules-to-save", modulesToSave);
        MethodOptions.describe(how, settings);
    }
}
