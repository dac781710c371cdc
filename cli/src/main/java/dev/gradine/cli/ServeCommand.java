package dev.gradine.cli;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.serve.AdapterLimits;
import dev.gradine.serve.ServedModel;
import dev.gradine.serve.api.Server;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.SequencedMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine serve`: a model and its adapters over HTTP, as the OpenAI API has it.
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Serve a model and any number of its adapters over HTTP, as the OpenAI API has it: chat, completions,"
                        + " streams. Requests are written together, whatever their adapters. Ctrl-C ends it.")
final class ServeCommand implements Runnable, ConfigFile.Reader {

    @Mixin
    private ModelFileArgs model = new ModelFileArgs();

    @Option(
            names = "--served-model-name",
            paramLabel = "NAME",
            description = "Name of the model in requests (default that of its folder or file).")
    private @Nullable String name;

    @Mixin
    private ServeAdapterArgs adapters = new ServeAdapterArgs();

    @Mixin
    private TemplateArgs template = new TemplateArgs();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    @Mixin
    private ServeRoomArgs room = new ServeRoomArgs();

    @Mixin
    private DraftArgs drafts = new DraftArgs();

    @Mixin
    private ServePortArgs port = new ServePortArgs();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        SequencedMap<String, Path> folders = adapters.folders(called());
        AdapterLimits most = adapters.limits();
        port.check();
        PrintWriter out = spec.commandLine().getOut();
        try (LoadedModel m = opened(folders)) {
            m.open().notes().forEach(out::println);
            Room chosen = room.of(m.model(), m.run());
            try (DraftArgs.Drafting guesses = drafts.open(m, room.longest(m.model(), chosen));
                    ServedModel served =
                            served(m, guesses, new ServedModel.Limits(room.maxQueue(), chosen, most), out)) {
                folders.forEach((adapter, folder) -> served.load(adapter, folder, false));
                try (Server server = Server.start(served, port.options(), line -> log(out, line))) {
                    log(
                            out,
                            "serving %s at %s"
                                    .formatted(served.cards().getFirst().name(), port.url(server.port())));
                    new CountDownLatch(1).await(); // until the process is ended
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static synchronized void log(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }

    private LoadedModel opened(SequencedMap<String, Path> folders) {
        var copies = SourceArgs.copies("--lora-modules", folders.values());
        return new LoadedModel(model.path(), CpuKernels::open, quantize.chosen(), copies);
    }

    private ServedModel served(LoadedModel m, DraftArgs.Drafting drafting, ServedModel.Limits limits, PrintWriter out) {
        CausalLm base = m.model();
        TextCodec codec = template.codec(m);
        Room chosen = limits.room();
        int longest = room.longest(base, chosen);
        log(
                out,
                "room for %d tokens, %d texts at once, %d tokens each at most"
                        .formatted(chosen.tokens(), chosen.texts(), longest));
        var texts = new ServedModel.Texts(codec, template.isThere(m), m.ends(codec), longest);
        var guesses = new ServedModel.Guesses(drafting.draft(), drafting.texts());
        return new ServedModel(
                new ServedModel.Base(base, called(), model.path(), texts, guesses),
                m.run(),
                CpuKernels::open,
                limits,
                line -> log(out, line));
    }

    /// What requests call the model.
    private String called() {
        if (name != null) return name;
        String file = String.valueOf(model.path().toAbsolutePath().normalize().getFileName());
        return file.endsWith(".gguf") ? file.substring(0, file.length() - ".gguf".length()) : file;
    }
}
