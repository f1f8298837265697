#pragma once

extern "C" int gpio_register_handler(int pin, void (*handler)(void *), void *ctx);

class Button {
public:
    explicit Button(int pin) : pin_(pin)
    {
        gpio_register_handler(pin_, &Button::on_edge, this);
    }
    Button(const Button &) = delete;
    Button &operator=(const Button &) = delete;

    bool pressed() const { return count_ != 0; }

private:
    static void on_edge(void *ctx) { static_cast<Button *>(ctx)->count_++; }

    int pin_;
    int count_ = 0;
};
