package dev.gradine.cli;

import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import dev.gradine.peft.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import picocli.CommandLine.Model.CommandSpec;

/// What of the model is trained, and how: shared by the training commands. Options of single methods come from the
/// methods themselves.
@HelpGroup.Heading("Adapter")
final class AdapterArgs {

    private final RecordOptions<AdapterSettings> where = new RecordOptions<>("Adapter", AdapterSettings.defaults());
    private final ChoiceOptions how;

    AdapterArgs() {
        SequencedMap<String, Record> methods = new LinkedHashMap<>();
        for (Method m : Methods.all()) methods.put(m.name(), (Record) m);
        how = new ChoiceOptions("Adapter", "adapter", "Method of a fresh adapter", methods);
    }

    void addTo(CommandSpec command) {
        where.addTo(command);
        how.addTo(command);
    }

    boolean continues() {
        return where.read().initAdapter() != null;
    }

    /// Tells one start from another: SHA-256 of the adapter continued from, empty for a fresh one.
    String startDigest() {
        Path start = where.read().initAdapter();
        if (start == null) return "";
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(Files.readAllBytes(start.resolve(AdapterFolder.CONFIG)));
            sha.update(Files.readAllBytes(start.resolve(AdapterFolder.WEIGHTS)));
            return HexFormat.of().formatHex(sha.digest());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// The adapter to be trained.
    AdapterSet adapt(LoadedModel m, long seed) {
        AdapterSettings settings = where.read();
        Path start = settings.initAdapter();
        if (start != null) return AdapterFolder.load(start, m.model(), m.run());
        Method method = method();
        Start first = new Start(
                m.run(),
                new SplittableRandom(seed),
                0,
                text -> m.codecFor(false).tokenizer().encode(text, false));
        return AdapterSet.fresh(m.model(), method, settings.selection(method.usualTargets()), first);
    }

    private Method method() {
        return (Method) how.read();
    }

    /// What decides the result of a run, for its report and for resuming.
    void describe(Map<String, Object> settings) {
        AdapterSettings s = where.read();
        if (s.initAdapter() != null) {
            settings.put("init-adapter", s.initAdapter().toString());
            return;
        }
        settings.putAll(how.decisive());
        settings.putAll(where.decisive(s.or(method().usualTargets())));
    }
}
