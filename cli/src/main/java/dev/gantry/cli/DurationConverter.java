package dev.gantry.cli;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as kubectl takes them: {@code 90s}, {@code 5m}, {@code 1h30m}; a bare number is seconds. */
final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String typed) {
        try {
            Duration duration = typed.matches("[0-9]{1,10}")
                    ? Duration.ofSeconds(Long.parseLong(typed))
                    : Duration.parse("PT" + typed);
            if (!duration.isNegative()) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            // said below
        }
        throw new TypeConversionException(
                "'%s' is no duration: expected one such as 30s, 5m or 1h30m".formatted(typed));
    }
}
