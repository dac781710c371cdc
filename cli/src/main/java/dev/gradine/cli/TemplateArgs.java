package dev.gradine.cli;

import dev.gradine.data.encode.TextCodec;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The chat template that conversations are written with.
final class TemplateArgs {

    @Option(
            names = "--chat-template",
            paramLabel = "NAME|FILE",
            description = "Chat template: a name among the model's or the usual ones (chatml, llama3, …), or a file of"
                    + " Jinja (default the model's own).")
    private @Nullable String template;

    boolean isGiven() {
        return template != null;
    }

    /// Whether there is one, given or the model's own.
    boolean isThere(LoadedModel m) {
        return isGiven() || m.hasTemplate();
    }

    /// The model's tokenizer with the template.
    TextCodec codec(LoadedModel m) {
        return m.codecFor(template == null ? "" : template);
    }
}
